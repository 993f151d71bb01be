"""Check the theory of multi-modal contrastive learning numerically.

The public names, imported on first use: ``import mmcl_theory as mt`` loads nothing else, so that the command
line answers at once.  JAX runs in 64-bit mode unless ``JAX_ENABLE_X64`` is set in the environment.
"""

import importlib
import os
import sys
from typing import TYPE_CHECKING, Any

if "JAX_ENABLE_X64" not in os.environ:
    os.environ["JAX_ENABLE_X64"] = "1"  # read by JAX when it is first imported ...
    if "jax" in sys.modules:  # ... or, when it was imported before us, told to it now
        sys.modules["jax"].config.update("jax_enable_x64", True)

__version__ = "0.1.0"

# name -> (module, attribute); an empty attribute means the module itself
_PUBLIC = {
    "Joint": ("joints.joint", "Joint"),
    "Names": ("joints.joint", "Names"),
    "PairGraph": ("joints.pairs", "PairGraph"),
    "generators": ("joints.generators", ""),
    "worlds": ("joints.worlds", ""),
    "datasets": ("joints.datasets", ""),
    "Instance": ("instance", "Instance"),
    "factorize": ("factorization.spectral", "factorize"),
    "Factorization": ("factorization.spectral", "Factorization"),
    "losses": ("losses", ""),
    "probes": ("probes", ""),
    "Quantities": ("quantities", "Quantities"),
    "measure": ("quantities", "measure"),
    "class_spectrum": ("spectra", "class_spectrum"),
    "Theorem": ("theory.theorem", "Theorem"),
    "Assumption": ("theory.theorem", "Assumption"),
    "Kind": ("theory.theorem", "Kind"),
    "theorems": ("theory.registry", "theorems"),
    "verify": ("checking.verify", "verify"),
    "falsify": ("checking.falsify", "falsify"),
    "Falsification": ("checking.falsification", "Falsification"),
    "mutants": ("checking.mutants", "mutants"),
    "COMPARISON": ("checking.advantage", "COMPARISON"),
    "advantage": ("checking.advantage", "advantage"),
    "order_constants": ("checking.constants", "order_constants"),
    "failure_rates": ("checking.frequencies", "failure_rates"),
    "certify": ("checking.certify", "certify"),
    "Certificate": ("checking.certificate", "Certificate"),
    "train": ("training.train", "train"),
    "training": ("training", ""),
    "resampling": ("resampling", ""),
    "tables": ("tables", ""),
    "plotting": ("plotting", ""),
    "dynamics": ("dynamics", ""),
}

__all__ = [
    "COMPARISON",
    "Assumption",
    "Certificate",
    "Factorization",
    "Falsification",
    "Instance",
    "Joint",
    "Kind",
    "Names",
    "PairGraph",
    "Quantities",
    "Theorem",
    "advantage",
    "certify",
    "class_spectrum",
    "datasets",
    "dynamics",
    "factorize",
    "failure_rates",
    "falsify",
    "generators",
    "losses",
    "measure",
    "mutants",
    "order_constants",
    "plotting",
    "probes",
    "resampling",
    "tables",
    "theorems",
    "train",
    "training",
    "verify",
    "worlds",
]

if TYPE_CHECKING:
    from . import dynamics, losses, plotting, probes, resampling, tables, training
    from .checking.advantage import COMPARISON, advantage
    from .checking.certificate import Certificate
    from .checking.certify import certify
    from .checking.constants import order_constants
    from .checking.falsification import Falsification
    from .checking.falsify import falsify
    from .checking.frequencies import failure_rates
    from .checking.mutants import mutants
    from .checking.verify import verify
    from .factorization.spectral import Factorization, factorize
    from .instance import Instance
    from .joints import datasets, generators, worlds
    from .joints.joint import Joint, Names
    from .joints.pairs import PairGraph
    from .quantities import Quantities, measure
    from .spectra import class_spectrum
    from .theory.registry import theorems
    from .theory.theorem import Assumption, Kind, Theorem
    from .training.train import train


def __getattr__(name: str) -> Any:
    if name not in _PUBLIC:
        raise AttributeError(f"module 'mmcl_theory' has no attribute {name!r}; it has {', '.join(__all__)}")
    module_name, attribute = _PUBLIC[name]
    module = importlib.import_module(f".{module_name}", __name__)
    value = getattr(module, attribute) if attribute else module
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
