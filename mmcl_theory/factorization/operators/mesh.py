"""Place rows on the devices of a JAX mesh: the only file that knows how arrays are sharded.

A mesh has one axis.  Large arrays are sharded along their rows (of a block) or their columns (of a basis); small ones,
such as Gram matrices, are replicated on every device.  Without a mesh (``None``) each function leaves arrays as they
are.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

import jax
import numpy as np
from jax.sharding import Mesh, NamedSharding, PartitionSpec
from jaxtyping import Float

from ..._arrays import Array

# Name of the mesh's axis.
AXIS = "rows"


def rows_mesh(devices: Any = None) -> Mesh:
    """Build a mesh of one axis over the given devices, by default all devices of all processes."""
    return Mesh(np.asarray(jax.devices() if devices is None else devices), (AXIS,))


def count_devices(mesh: Mesh | None) -> int:
    """Count the devices of the mesh; 1 without a mesh."""
    return 1 if mesh is None else mesh.devices.size


def placement(mesh: Mesh | None) -> Callable[[np.ndarray], Array]:
    """Return the function that places a NumPy array, of one slice for each device, on the devices."""
    return partial(jax.device_put, device=None if mesh is None else NamedSharding(mesh, PartitionSpec(AXIS)))


def replicated(array: Array, mesh: Mesh | None) -> Array:
    """Return a small array with a copy on every device, so that each process can read it."""
    return array if mesh is None else jax.lax.with_sharding_constraint(array, NamedSharding(mesh, PartitionSpec()))


def sharded_by_columns(array: Float[Array, "p n"], mesh: Mesh | None) -> Float[Array, "p n"]:
    """Return the array with its columns distributed over the devices."""
    if mesh is None:
        return array
    return jax.lax.with_sharding_constraint(array, NamedSharding(mesh, PartitionSpec(None, AXIS)))


def map_bands(
    product: Callable[[Any, Float[Array, "n b"]], Float[Array, "r b"]],
    bands: Any,
    block: Float[Array, "n b"],
    mesh: Mesh | None,
) -> Float[Array, "m b"]:
    """Apply ``product`` on every device to its band of a matrix and the whole block; the results are stacked.

    Each device gathers the rows of the block from all others first.
    """
    if mesh is None:
        return product(bands, block)

    def band_times(band: Any, part: Array) -> Array:
        return product(band, jax.lax.all_gather(part, AXIS, axis=0, tiled=True))

    spread = PartitionSpec(AXIS)
    mapped = jax.shard_map(band_times, mesh=mesh, in_specs=(spread, spread), out_specs=spread, check_vma=False)
    return mapped(bands, block)
