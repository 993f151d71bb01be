"""Define every constant of the spectral engine: what it is, where it comes from, and what doubling or halving it does.

θ = σ² is an eigenvalue of AᵀA; ε₃₂ = 1.2e-7 and ε₆₄ = 2.2e-16 are the unit roundoffs of single and double precision.
"Doubled" and "halved" report ``python -m benchmarks.settings`` on three matrices (*classes*, *noise*, *components*),
whose table is in docs/spectral_engine.md; "no effect" means: none on these three.  Rounding alone, as of another order
of summation, changes the products of classes between 53 and 78.
"""

import numpy as np

# --- block Krylov phase -----------------------------------------------------------------------------------------------

# Largest number of vectors in a block: a cache line of 64 bytes holds 8 doubles, so 8 columns are read at the price of
# one.  Doubled: no effect, since BLOCK_COLUMNS ends at 8.  Halved: 1.1 to 1.7 times the products, each of them cheaper.
MAX_BLOCK = 8
# Vectors beyond the k + 1 wanted ones before a thick restart: memory and orthogonalization grow with it, the number of
# products falls.  Doubled: no effect.  Halved: components is restarted earlier and does 0.94 times the products.
BASIS_MARGIN = 512
# Blocks beyond the k + 1 wanted vectors that the basis holds at least, whatever ``max_dimension`` says, so that a thick
# restart makes progress.  Doubled or halved: no effect, unless ``max_dimension`` is small.
MIN_BLOCKS = 6
# A thick restart keeps the wanted vectors and one in so many of the others: if more, the next restart comes sooner; if
# fewer, more is lost.  Doubled: no effect.  Halved (1, everything is kept): components takes 1.6 times as long.
RESTART_DIVISOR = 3
# Basis vectors in one array: fewer make more calls, more leave more of the last array empty.  Doubled or halved: the
# same up to rounding.
CHUNK_VECTORS = 64
# CholeskyQR2 of a block whose Gram matrix has no eigenvalue below ε to this power, relative to its image: the condition
# is then below ε^(−1/4), far from the ε^(−1/2) at which it fails.  Doubled: no effect.  Halved: residual norms of noise
# are twice as large.
CHOLESKY_POWER = 0.5
# A direction shorter than ε to this power is rounding and replaced by a random one: between ε, the size of rounding,
# and ε^(1/2), where CholeskyQR2 takes over.  Doubled or halved: no effect.
DEPENDENT_POWER = 0.75
# Reorthogonalization is selective where the unit roundoff is above this: true of ε₃₂, false of ε₆₄.  Doubled or halved:
# no effect.
SELECTIVE_EPS = 1e-10
# Components along older vectors that selective reorthogonalization accepts: about √ε₃₂ = 3.5e-4, as in Simon's partial
# reorthogonalization.  Doubled: noise ends with residual norms twice as large.  Halved: no effect.
ORTHOGONALITY_LOSS = 1e-4
# The interval between full reorthogonalizations grows at most by this factor at a time, as the loss may not be
# geometric.  Doubled or halved: no effect but rounding.
INTERVAL_GROWTH = 2.0

# --- convergence check ------------------------------------------------------------------------------------------------

# Size of a projection below which all its eigenvalues are found faster than the largest alone (LAPACK's dsyevd and
# dsyevr, on an AMD EPYC: 1.5 and 3.8 ms for 128, 45 and 25 ms for 512), and above which a GPU is faster than the host.
WHOLE_EIGH_SIZE = 256
# Products between two convergence checks without a filter; a check costs an eigendecomposition of the projection.
# Doubled: components takes 0.6 times as long.  Halved: components does 0.91 times the products in as much time.
CHECK_INTERVAL = 5
# The same with a filter: a block is several products there.  Doubled: classes does 1.3 times and components 1.1 times
# the products (they converge between two checks).  Halved: components does 0.94 times the products.
FILTERED_CHECK_INTERVAL = 20
# The next check is due when this share of the remaining way is done at the present pace, as convergence speeds up.
# Doubled: noise does 1.04 times the products.  Halved: components does 1.07 times the products.
CHECK_SHARE = 0.8
# Ritz values that are computed beyond the (k+1)-th, at least: for error bounds, for the first block of a filter, and as
# guard vectors, of which there are up to GUARD_VECTORS + HEIGHT − 1 = 23.
EXTRA_RITZ_VALUES = 24
# The same as a share of k: one in so many.  Doubled: no effect.  Halved (1): components does 1.06 times the products.
EXTRA_RITZ_DIVISOR = 3
# In double precision σ_{k+1} must be known by this factor better than asked for, as the last digits cost little there.
# Doubled or halved: no effect.
VALUE_BOUND_FACTOR = 100.0
# Factor by which the check becomes stricter when computed residual norms turn out larger than estimated.  Doubled or
# halved: no effect, as estimates suffice.
STRICTNESS_STEP = 4
# Strictness above which single precision is given up, at the third step.  Doubled or halved: no effect.
MAX_STRICTNESS = 16
# Below this share of σ_1 a singular value is computed from A itself: σ²/σ_1² = 1e-12 leaves four digits to ε₆₄.
# Doubled or halved: no effect.
RESOLVED_FROM_SQUARE = 1e-6
# Singular values nearer than this share of σ_1 count as copies of one: a hundred times the default tolerance.
# Doubled or halved: no effect.
EQUAL_VALUES = 1e-6
# Blocks after which no further copy of a multiple singular value is expected.  Doubled: components does 1.19 times the
# products.  Halved: 0.93 times, with less certainty.
MULTIPLICITY_BLOCKS = 10
# A Ritz value has risen if θ exceeds σ² by this factor times tol·θ_1: an error tol of σ is 2·tol of θ, so 10 is clear
# of it.  Doubled or halved: no effect.
RISE = 10

# --- single precision -------------------------------------------------------------------------------------------------

# Rows (of the smaller side) from which single precision pays; below, compiling both precisions takes longer.  Doubled:
# components, which ends in double precision anyway, does 0.82 times the products.  Halved: no effect.
FLOAT32_MIN_ROWS = 2000
# The same in units of k + 1: if a quarter of all triplets is wanted, the whole spectrum matters.  Doubled or halved: no
# effect.
FLOAT32_MIN_ROWS_PER_VALUE = 4
# Share of θ_1 below which θ is lost in single precision: about √ε₃₂ = 3.5e-4.  Doubled or halved: no effect.
FLOAT32_FLOOR = 1e-4
# Estimated residual norms are meaningful down to this share of ε: refinement in double precision goes below.  Doubled
# or halved: no effect.
RESOLVED_RESIDUAL = 0.05

# --- locking and Chebyshev filter -------------------------------------------------------------------------------------

# Vectors beyond the wanted ones in the basis when a filter is tried: enough for the cut to be known.  Doubled: noise
# does 0.81 times the products in 1.6 times the time, components 1.17 times the products in 0.6 times the time.  Halved:
# components does 0.90 times the products.
FILTER_MARGIN = 64
# Residual norm, as a share of θ_1, below which a Ritz vector is locked: ε₃₂/100, a rounding of the whole block.
# Doubled or halved: no effect.
LOCKED_RESIDUAL = 1e-9
# In double precision a locked vector is not improved any more: its residual norm is at most the tolerance divided by
# this.  Doubled or halved: no effect.
LOCKED_TOLERANCE_DIVISOR = 1000
# Largest degree of the filter: beyond it the orthogonalization is a small part beside the products, which become more.
# Doubled: no effect, since FILTER_GROWTH_POWER limits the degree first.  Halved (3): no effect but on classes, within
# the range of rounding.
FILTER_MAX_DEGREE = 7
# The filter may amplify by ε to minus this power: tenfold in single precision, which its rounding tolerates.  Doubled:
# 1.1 to 1.5 times the products, halved: 1.1 to 1.2 times, on noise and components.
FILTER_GROWTH_POWER = 0.15
# A filter is renewed once it amplifies a converged, unlocked vector by more than ε to minus this power, √ of what
# locking tolerates.  Doubled or halved: no effect.
FILTER_RENEWAL_POWER = 0.5

# --- iterative refinement and error bounds ----------------------------------------------------------------------------

# Ritz vectors beyond the wanted ones that are refined, at least; then as many as fill up HEIGHT.  Error bounds come
# from them, and they take up the noise too near the wanted values to be filtered.
GUARD_VECTORS = 8
# Arrays of vectors whose number depends on k have a multiple of so many rows, so that few programs are compiled: their
# products take 4 or 8 at a time.
HEIGHT = 16
# Share of the tolerance that refinement aims at, below 1 so that the last decomposition still reaches it.  Doubled:
# noise misses the tolerance at first and does 2.4 times the products.  Halved: smaller residual norms at the same cost.
REFINEMENT_AIM = 0.9
# The bound on θ_{k+1} may be twice the aim: an error of θ is 2σ times that of σ.  Doubled or halved: no effect.
VALUE_BOUND_SLACK = 2
# Corrections in turn: the cut as a share of θ_{k+1}, and the largest degree of the filter; steeper if those before did
# not suffice.  Degrees doubled or halved: no effect.
CORRECTIONS = (0.75, 7), (0.95, 15), (0.98, 31), (0.98, 31), (0.98, 31)
# Residual norms, of guard vectors too, are made smaller by this factor more than needed, as rounding adds to them.
# Doubled: no effect.  Halved: classes ends with residual norms of 7e-9 in place of 1e-9.
RESIDUAL_MARGIN = 4
# Residuals may be off by this share of the limits, from corrections in single precision; more, and they are computed
# again in double precision.
ROUNDING_SHARE = 0.01
# Vectors that a correction amplifies by more are deflated: rounding along them (ε₃₂ of a correction that is itself
# ε₃₂ of the vector) would grow as much.  Doubled or halved: no effect.
DEFLATED_GROWTH = 1e10
# Largest growth in single precision, which overflows at 3.4e38.  Doubled or halved: no effect.
MAX_GROWTH = 1e30
# A point ρ between two Ritz values lies at least this share of their gap above the lower one.  Doubled or halved: no
# effect.
SPLIT_SHARE = 0.25
# A gap between Ritz values is rounding if its square is below this share, 64 ε₆₄, of the squared residual norms, or
# below the square of this share of θ².  Doubled or halved: no effect.
GAP_ROUNDING = 64 * float(np.finfo(float).eps)
# Rounding that is added to each bound on a singular value, as a share of σ_1: 64 ε₆₄, a few operations of LAPACK.
# Doubled or halved: no effect but in the bounds.
VALUE_ROUNDING = 64 * float(np.finfo(float).eps)

# --- storage and products ---------------------------------------------------------------------------------------------

# Columns that a dense or matrix-free operator multiplies at once: a BLAS product is near its peak there.  Doubled or
# halved: no effect, as the three matrices are sparse.
DENSE_COLUMNS = 128
# Numbers of columns that a sparse product is compiled for: registers hold 4 or 8 doubles, and other numbers of columns
# take several times as long.  Doubled: no effect, since MAX_BLOCK is 8.
# Halved: as MAX_BLOCK halved.
BLOCK_COLUMNS = (4, 8)
# Bytes of a row of columns that are multiplied at once where there are more: a cache line.  Doubled or
# halved: no effect.
CACHE_LINE_BYTES = 64
# Bytes that a core of the host replaces at a time, so that they stay in its cache, and columns that it sums over; of
# very many rows it replaces an eighth of these.  Doubled or halved: no effect.
HOST_BYTES, HOST_COLUMNS = 2**20, 2**14
# Rows of a slice of a matrix (SELL-C-σ), if there are not more than so many slices: fewer rows have less padding, more
# rows take fewer turns, each of which is started on its own.  Of 100,000 rows of Poisson(20) entries, 23 % pad.
SLICE_HEIGHT, MAX_SLICES = 4096, 64
# Entries of each row that are multiplied in a turn: with 4 a product takes three times as long, with 16 it is compiled
# no faster, and more entries pad.
SLICE_WIDTH = 8
# A and Aᵀ have slices of the same shapes, and so share compiled products, where this makes at most so many times the
# entries: a tenth more of each product, for half the compilation.
SHARED_PADDING = 1.1
# Rows or columns from which these are grouped: a block of 8 columns in single precision takes 16 MB, more than what a
# processor has of its cache.  Doubled or halved: no effect, as the three matrices are smaller.
GROUPED_MIN_ROWS = 2**19
# Products with A and Aᵀ before rows and columns are grouped: with fewer, noise is still above the classes, and what one
# more brings takes as long as it saves.
GROUPING_PRODUCTS = 3
# Parts of the rows that SciPy, which takes one core for each, multiplies side by side for it.  Doubled or halved: no
# effect, as the three matrices are smaller.
GROUPING_PARTS = 32
# Longer rows are in slices of their own, of which each length, up to a factor of two, has a kernel.  Doubled or halved:
# no effect.
LONGEST_IN_TURNS = 128
# Entries of these that are multiplied in a turn: with 64, the product of 100,000 rows, a few of which have thousands of
# entries, is compiled for half again as long; with 16 it has more turns, and takes longer.  Doubled or halved: no
# effect on the three matrices, which have no such rows.
LONG_SLICE_WIDTH = 32
# Entries of a slice after which a row of the block will be needed that is asked for now (operators/machine_code.py).
# With 32, a product of a million rows takes a quarter longer.  Doubled or halved: no effect, on those either.
PREFETCHED_ENTRIES = 128
# XLA's optimization of products with sparse matrices: at levels 2 and 3, it writes the loop over 8 columns out, which
# takes 3 times as long to run, and twice as long to compile.
PRODUCT_OPTIMIZATION = 1

# --- products on a GPU ------------------------------------------------------------------------------------------------

# Vectors in a block of the Krylov space on a GPU: with 4, c1-bulk takes a third longer on an H200, as there are more
# blocks, of which each is started and waited for; c2 takes as long.
GPU_BLOCK = 8
# Steps that one program takes: fewer are started one by one, and after more a basis may be fuller than was asked for.
GPU_STEPS = 4
# Inner products that a warp computes, a sum of each in every thread, and parts of the vectors' entries, of which a warp
# takes one.  With 64 sums, as many as there are registers for, the kernel is no faster, and compiled for longer.
SUMS_OF_THREAD, PRODUCT_PARTS = 16, 256
# Entries that a program combines of all vectors of a basis, and vectors of which it reads them at once.
COMBINED_COLUMNS, COMBINED_VECTORS = 256, 4
# Convergence is checked more seldom by this factor, as a check takes as long on the host as several blocks on the GPU.
GPU_CHECK_FACTOR = 3
# Rows that are sorted by their number of entries together, a multiple of which all arrays are long: XLA multiplies
# matrices in up to 32 parts of the long side, and would copy a basis of another length first.
WINDOW = 4096
# Entries of a row that are summed in one piece: longer rows are cut, so that no warp works much longer than others.
MAX_PIECE = 2048
# Rows of a slice, the warps that work on it, entries of each row that these read in a turn, and columns of the block.
SLICE_ROWS, WARPS, ENTRIES_IN_TURN, COLUMNS_OF_WARP = 8, 1, 8, 8
# Bytes of a block that stays in the cache (L2) of an H100 or H200, which has 50 MB.
GPU_CACHE_BYTES = 40_000_000
