"""Name the ways to hold a distribution, as files do."""

from .dense import DenseLaw
from .factored import FactoredLaw
from .law import Law
from .sparse import SparseLaw

KINDS: dict[str, type[Law]] = {kind.held: kind for kind in (DenseLaw, SparseLaw, FactoredLaw)}
