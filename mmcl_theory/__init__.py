"""Check the theory of multi-modal contrastive learning numerically.

The public names are imported on first use: ``import mmcl_theory as mt`` loads nothing else, so that the command
line answers at once.  JAX runs in 64-bit mode unless ``JAX_ENABLE_X64`` is set in the environment.
"""

import importlib
import os
import sys
from typing import TYPE_CHECKING, Any

if "JAX_ENABLE_X64" not in os.environ:
    os.environ["JAX_ENABLE_X64"] = "1"  # JAX reads it when it is first imported ...
    if "jax" in sys.modules:  # ... and is told now where it was imported before us
        sys.modules["jax"].config.update("jax_enable_x64", True)

__version__ = "0.1.0"

# Each name with its module and its name there; an empty name there means the module itself.
_PUBLIC = {
    "Joint": ("joints.joint", "Joint"),
    "Names": ("joints.names", "Names"),
    "PairGraph": ("joints.pairs", "PairGraph"),
    "generators": ("worlds.generators", ""),
    "worlds": ("worlds", ""),
    "datasets": ("worlds.datasets", ""),
    "Instance": ("joints.instance", "Instance"),
    "factorize": ("factorization.factorize", "factorize"),
    "Factorization": ("factorization.factorize", "Factorization"),
    "losses": ("losses", ""),
    "probes": ("probes", ""),
    "walk_bounds": ("walks.residuals", "walk_bounds"),
    "Quantities": ("quantities.quantities", "Quantities"),
    "measure": ("quantities.quantities", "measure"),
    "class_spectrum": ("factorization.class_spectrum", "class_spectrum"),
    "Theorem": ("theory.theorem", "Theorem"),
    "Assumption": ("theory.theorem", "Assumption"),
    "Kind": ("theory.theorem", "Kind"),
    "theorems": ("theory.registry", "theorems"),
    "sqrt": ("theory.functions", "sqrt"),
    "log": ("theory.functions", "log"),
    "minimum": ("theory.functions", "minimum"),
    "maximum": ("theory.functions", "maximum"),
    "rational": ("theory.functions", "rational"),
    "verify": ("verification.verify", "verify"),
    "falsify": ("falsification.falsify", "falsify"),
    "conjecture": ("conjectures.conjecture", "conjecture"),
    "Conjecture": ("conjectures.conjecture", "Conjecture"),
    "discover": ("conjectures.discover", "discover"),
    "Falsification": ("falsification.falsification", "Falsification"),
    "mutants": ("tightness.mutants", "mutants"),
    "bracket": ("conjectures.brackets.bracket", "bracket"),
    "Bracket": ("conjectures.brackets.bracket", "Bracket"),
    "COMPARISON": ("tables.advantage", "COMPARISON"),
    "advantage": ("tables.advantage", "advantage"),
    "order_constants": ("tables.order_constants", "order_constants"),
    "sweep": ("sweeps.run", "sweep"),
    "failure_rates": ("verification.frequencies", "failure_rates"),
    "certify": ("certification.certify", "certify"),
    "Certificate": ("certification.certificate", "Certificate"),
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
    "Bracket",
    "Certificate",
    "Conjecture",
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
    "bracket",
    "certify",
    "class_spectrum",
    "conjecture",
    "datasets",
    "discover",
    "dynamics",
    "factorize",
    "failure_rates",
    "falsify",
    "generators",
    "log",
    "losses",
    "maximum",
    "measure",
    "minimum",
    "mutants",
    "order_constants",
    "plotting",
    "probes",
    "rational",
    "resampling",
    "sqrt",
    "sweep",
    "tables",
    "theorems",
    "train",
    "training",
    "verify",
    "walk_bounds",
    "worlds",
]

if TYPE_CHECKING:
    from . import dynamics, losses, plotting, probes, resampling, tables, training, worlds
    from .certification.certificate import Certificate
    from .certification.certify import certify
    from .conjectures.brackets.bracket import Bracket, bracket
    from .conjectures.conjecture import Conjecture, conjecture
    from .conjectures.discover import discover
    from .factorization.class_spectrum import class_spectrum
    from .factorization.factorize import Factorization, factorize
    from .falsification.falsification import Falsification
    from .falsification.falsify import falsify
    from .joints.instance import Instance
    from .joints.joint import Joint
    from .joints.names import Names
    from .joints.pairs import PairGraph
    from .quantities.quantities import Quantities, measure
    from .sweeps.run import sweep
    from .tables.advantage import COMPARISON, advantage
    from .tables.order_constants import order_constants
    from .theory.functions import log, maximum, minimum, rational, sqrt
    from .theory.registry import theorems
    from .theory.theorem import Assumption, Kind, Theorem
    from .tightness.mutants import mutants
    from .training.train import train
    from .verification.frequencies import failure_rates
    from .verification.verify import verify
    from .walks.residuals import walk_bounds
    from .worlds import datasets, generators


def __getattr__(name: str) -> Any:
    """Load a public name on first use."""
    if name not in _PUBLIC:
        raise AttributeError(f"module 'mmcl_theory' has no attribute {name!r}; it has {', '.join(__all__)}")
    module_name, attribute = _PUBLIC[name]
    module = importlib.import_module(f".{module_name}", __name__)
    value = getattr(module, attribute) if attribute else module
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """List the public names."""
    return [*__all__, "__version__"]
