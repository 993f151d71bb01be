"""Every quantity of an exact instance at one k, enclosed; computed when a formula reads it."""

from collections.abc import Callable
from functools import cached_property
from typing import Any

from flint import ctx, fmpq, fmpq_mat

from ...joints.pairs import CONDUCTANCE_LIMIT
from ...quantities.quantities import Quantities
from . import information
from .ball import Ball, hull, rational
from .encoders import EncoderPair
from .exact import ExactInstance
from .forms import Form, Projection, Undecided
from .laws import PairLaw, normalized
from .sample import SampledPairs


class Enclosures:
    """What a theorem's formulas read in place of ``Quantities``: the same fields, as ``Ball``s.

    Each is computed when it is read, at the working precision of that moment; what is rational, once.  A part that
    the instance lacks gives None, as in ``Quantities``; what no precision would decide raises ``Undecided``.

    Attributes
    ----------
    open_ties
        Whether an error was read in which a tie of scores could not be told from a near one.
    """

    # How Theorem.sides knows which names are quantities and what they need.
    __dataclass_fields__ = Quantities.__dataclass_fields__

    def __init__(self, exact: ExactInstance, k: int):
        self._exact, self._k = exact, k
        self._rationals: dict[str, Any] = {}
        self._balls: dict[str, Any] = {}
        self._roots: dict[int, tuple[Ball, Ball]] = {}
        self._precision = 0
        self.open_ties = False

    def __getattr__(self, name: str) -> Ball | None:
        if name.startswith("_"):
            raise AttributeError(name)
        if self._precision != ctx.prec:
            self._balls, self._roots, self._precision, self.open_ties = {}, {}, ctx.prec, False
        if name in self._rationals:
            return self._rationals[name]
        if name not in self._balls:
            measure = _MEASURES.get(name)
            if measure is None:
                raise Undecided(f"there is no enclosure of {name}", final=True)
            value = measure(self)
            value = value if value is None or isinstance(value, Ball) else Ball(value)
            self._balls[name] = value
            if value is None or value.is_exact:
                self._rationals[name] = value
        return self._balls[name]

    # The laws, exact.

    @cached_property
    def _joint(self) -> PairLaw:
        exact = self._exact
        return PairLaw(normalized(exact.matrix), exact.image_labels, exact.text_labels, exact.n_classes)

    @cached_property
    def _encoders(self) -> EncoderPair | None:
        return None if self._exact.encoders is None else EncoderPair(self._joint, self._exact.encoders)

    @cached_property
    def _augmentation(self) -> PairLaw | None:
        if self._exact.augmentation is None:
            return None
        matrix, labels = normalized(self._exact.augmentation), self._exact.image_labels
        return PairLaw((matrix + matrix.transpose()) / 2, labels, labels, self._exact.n_classes)

    @cached_property
    def _augmentation_form(self) -> Form | None:
        graph = self._augmentation
        return None if graph is None else Form(graph.matrix, graph.row_marginal)

    @cached_property
    def _garbled(self) -> PairLaw | None:
        if self._exact.channel is None:
            return None
        rows = [[rational(entry) for entry in row] for row in self._exact.channel]
        channel = fmpq_mat([[entry / sum(row, fmpq(0)) for entry in row] for row in rows])
        columns = (self._joint.matrix * channel).transpose().tolist()
        used = fmpq_mat([column for column in columns if any(entry != 0 for entry in column)])
        return PairLaw(used.transpose(), self._exact.image_labels, (0,) * used.nrows(), self._exact.n_classes)

    @cached_property
    def _sample(self) -> SampledPairs | None:
        return None if self._exact.sample is None else SampledPairs(self._joint, self._exact.sample)

    # The spectrum.

    def _squares(self, law: PairLaw | None = None) -> list[Ball]:
        """σ_1² ≥ σ_2² ≥ …, min(n_V, n_L) of them."""
        return (law or self._joint).smaller.form.eigenvalues()

    def _sigma(self, j: int, law: PairLaw | None = None) -> Ball:
        """σ_j, 0 beyond the last; equal ones are one object, so that their difference is exactly 0."""
        squares = self._squares(law)
        if j > len(squares):
            return Ball(0)
        square = squares[j - 1]
        if id(square) not in self._roots:
            self._roots[id(square)] = square, _at_most_one(square).sqrt()
        return self._roots[id(square)][1]

    def _lambda(self, j: int) -> Ball | None:
        form = self._augmentation_form
        return None if form is None else form.eigenvalues()[j - 1] if j <= form.size else Ball(0)

    # Heads.

    def _residual(self, form: Form, law: PairLaw) -> Ball:
        """The residual r = 1 − Σ_i ⟨1_i, Π1_i⟩."""
        products = form.project(law.targets, self._k).products
        return 1 - _sum(products[i][i] for i in range(law.n_classes))

    def _error(self, form: Form, law: PairLaw) -> Ball:
        return self._count(form.project(law.targets, self._k).scores, law)

    def _zero_shot(self) -> Projection:
        """Π_k of the classes' indicators and of their posteriors, whose weighted form is AW."""
        law = self._joint
        return law.form.project([*law.targets, *law.posteriors], self._k)

    def _zero_shot_residual(self) -> Ball:
        """‖Y − Π_kAW‖² = 1 − 2 ⟨Y, Π_kAW⟩ + ⟨AW, Π_kAW⟩."""
        r, products = self._exact.n_classes, self._zero_shot().products
        return 1 + _sum(products[r + i][r + i] - 2 * products[i][r + i] for i in range(r))

    def _zero_shot_error(self) -> Ball:
        r = self._exact.n_classes
        return self._count([row[r:] for row in self._zero_shot().scores], self._joint)

    def _count(self, scores: list[list[Ball]], law: PairLaw) -> Ball:
        """Pr[argmax_i score ≠ y(x)], a tie being an error; an item that the balls leave open may count or not."""
        certain = possible = fmpq(0)
        for row, label, mass in zip(scores, law.row_labels, law.row_marginal, strict=True):
            wins = [(row[label] - other).is_positive() for i, other in enumerate(row) if i != label]
            if not all(wins):
                possible += mass
                certain += mass if any(win is False for win in wins) else 0
        self.open_ties |= certain != possible
        return hull(certain, possible)

    def _excess_loss(self) -> Ball | None:
        """ε = L_AMF − Σ_{j>d}σ_j², which is not negative (Eckart–Young–Mirsky)."""
        if self._encoders is None:
            return None
        return self._encoders.factorization_loss() - _sum(self._squares()[self._encoders.dimension :])


def _sum(terms: Any) -> Ball:
    return sum(terms, Ball(0))


def _at_most_one(ball: Ball) -> Ball:
    """The ball without what lies above 1, where the number itself does not."""
    return ball if ball.is_exact else ball.minimum(1)


def _of(part: str, rule: Callable[[Any, Any], Any]) -> Callable[[Any], Any]:
    """A quantity of a part of the instance, None where it lacks the part."""

    def measure(self: Enclosures) -> Any:
        value = getattr(self, part)
        return None if value is None else rule(self, value)

    return measure


def _classes_with_mass(self: Enclosures) -> int:
    return sum(mass > 0 for mass in self._joint.class_masses)


def _conductance(self: Enclosures) -> fmpq | None:
    return self._joint.induced.conductance() if 2 <= len(self._joint.rows) <= CONDUCTANCE_LIMIT else None


def _distance(self: Enclosures, graph: PairLaw) -> fmpq:
    pairs = zip(graph.row_marginal, self._joint.row_marginal, strict=True)
    return sum((abs(p - q) for p, q in pairs), fmpq(0)) / 2


def _auxiliary(rule: Callable[[Any, Any], Any]) -> Callable[[Any], Any]:
    return _of("_augmentation", lambda s, graph: None if s._exact.auxiliary_labels is None else rule(s, graph))


_MEASURES: dict[str, Callable[[Any], Any]] = {
    "k": lambda s: s._k,
    "n_items": lambda s: len(s._joint.row_labels) + len(s._joint.column_labels),
    "n_classes": lambda s: len({*s._joint.row_labels, *s._joint.column_labels}),
    "labeling_error": lambda s: s._joint.disagreement(s._joint.row_labels, s._joint.column_labels),
    "bayes_labeling_error": lambda s: s._joint.bayes_error(),
    "text_induced_error": lambda s: s._joint.induced.disagreement(*[s._joint.row_labels] * 2),
    "image_induced_error": lambda s: s._joint.transposed.induced.disagreement(*[s._joint.column_labels] * 2),
    "largest_class": lambda s: max(s._joint.class_masses),
    "sigma_2": lambda s: s._sigma(2),
    "sigma_k": lambda s: s._sigma(s._k),
    "sigma_next": lambda s: s._sigma(s._k + 1),
    "sigma_three_quarters": lambda s: s._sigma(max(1, 3 * s._k // 4)),
    "sigma_after": lambda s: s._sigma(s._k + 2),
    "sigma_classes": lambda s: s._sigma(_classes_with_mass(s)),
    "sigma_min": lambda s: s._sigma(len(s._joint.rows)),
    "inertia": lambda s: _sum(s._squares()[1:]),
    "tail": lambda s: _sum(s._squares()[s._k :]),
    "text_induced_tail": lambda s: _sum(square**2 for square in s._squares()[s._k :]),
    "probe_residual": lambda s: s._residual(s._joint.form, s._joint),
    "probe_error": lambda s: s._error(s._joint.form, s._joint),
    "text_probe_residual": lambda s: s._residual(s._joint.transposed.form, s._joint.transposed),
    "text_probe_error": lambda s: s._error(s._joint.transposed.form, s._joint.transposed),
    "zero_shot_residual": Enclosures._zero_shot_residual,
    "zero_shot_error": Enclosures._zero_shot_error,
    # ‖A − U_kU_kᵀA‖² = ‖A‖² − Σ_{j≤k} u_jᵀAAᵀu_j for orthonormal u_j, here eigenvectors; so too with A_T for A.
    "optimal_loss": lambda s: s._joint.squared_norm() - _sum(s._squares()[: s._k]),
    "optimal_text_induced_loss": lambda s: (
        s._joint.induced.squared_norm() - _sum(square**2 for square in s._squares()[: s._k])
    ),
    "squared_norm": lambda s: s._joint.squared_norm(),
    "chi_square": lambda s: s._joint.chi_square(),
    "mutual_information": lambda s: information.mutual_information(s._joint),
    "class_conductance": lambda s: max(s._joint.induced.class_conductances()),
    "total_conductance": lambda s: sum(s._joint.induced.class_conductances(), fmpq(0)),
    "conductance": _conductance,
    "infonce_gradient": lambda s: information.infonce_gradient(s._joint),
    "infonce_information": lambda s: information.infonce_information(s._joint),
    "largest_contribution": lambda s: Ball(1 / min(s._joint.row_marginal) / min(s._joint.column_marginal)).sqrt(),
    "contribution_variance": lambda s: max(s._joint.contributions() + s._joint.transposed.contributions()),
    "least_mass": lambda s: min(s._joint.row_marginal + s._joint.column_marginal),
    "contrastive_loss": _of("_encoders", lambda s, pair: pair.contrastive_loss()),
    "factorization_loss": _of("_encoders", lambda s, pair: pair.factorization_loss()),
    "best_text_loss": _of("_encoders", lambda s, pair: pair.best_text_loss()),
    "unexplained": _of("_encoders", lambda s, pair: pair.unexplained()),
    "encoder_residual": _of("_encoders", lambda s, pair: pair.residual()),
    "excess_loss": Enclosures._excess_loss,
    "sigma_encoder_next": _of("_encoders", lambda s, pair: s._sigma(pair.dimension + 1)),
    "linear_loss": _of("_encoders", lambda s, pair: pair.linear_loss(s._k)),
    "linear_optimum": _of("_encoders", lambda s, pair: pair.linear_optimum(s._k)),
    "garbled_sigma_next": _of("_garbled", lambda s, law: s._sigma(s._k + 1, law)),
    "augmentation_error": _of("_augmentation", lambda s, graph: graph.disagreement(*[graph.row_labels] * 2)),
    "lambda_k": lambda s: s._lambda(s._k),
    "lambda_next": lambda s: s._lambda(s._k + 1),
    "lambda_after": lambda s: s._lambda(s._k + 2),
    "lambda_min": _of("_augmentation_form", lambda s, form: form.eigenvalues()[-1]),
    "sscl_residual": _of("_augmentation_form", lambda s, form: s._residual(form, s._augmentation)),
    "sscl_error": _of("_augmentation_form", lambda s, form: s._error(form, s._augmentation)),
    "marginal_distance": _of("_augmentation", _distance),
    "auxiliary_disagreement": _auxiliary(lambda s, graph: graph.disagreement(*[s._exact.auxiliary_labels] * 2)),
    "auxiliary_error": _auxiliary(
        lambda s, graph: graph.mean(
            [fmpq(int(a != b)) for a, b in zip(s._exact.auxiliary_labels, graph.row_labels, strict=True)]
        )
    ),
    "sample_size": _of("_sample", lambda s, sample: sample.size),
    "failure_probability": lambda s: s._exact.failure_probability,
    "sample_deviation": _of("_sample", lambda s, sample: sample.deviation()),
    "sample_residual": _of("_sample", lambda s, sample: s._residual(sample.form, s._joint)),
    "sample_error": _of("_sample", lambda s, sample: s._error(sample.form, s._joint)),
    "practical_deviation": _of("_sample", lambda s, sample: sample.practical_deviation()),
    "practical_residual": _of("_sample", lambda s, sample: sample.practical_residual(s._k)),
}
