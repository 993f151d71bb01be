"""Decide what HaoChen, Wei, Gaidon & Ma claim of single-modal contrastive learning."""

from .claim import VERIFIED, Claim
from .statements import on_worlds, too_strong

probe_bound = Claim(
    slug="sscl-probe-bound",
    statement="The linear-probe residual of the optimal single-modal encoder is of order α_A/(1−λ_{k+1}).",
    source="haochen2021",
    verdict=VERIFIED,
    evidence="With the constant 1, which is the best: two_images meets it with equality.",
    theorems=("probe-sscl",),
    command="mmcl-theory verify --data content-style --k 3 --theorem probe-sscl",
    check=on_worlds("probe-sscl"),
    control=too_strong("probe-sscl"),
    controlled_by="the bound a tenth smaller",
)

auxiliary = Claim(
    slug="sscl-auxiliary-bound",
    statement="Its error is at most 4φ/(1−λ_{k+1}) + 8Δ, φ being how often pairs differ in auxiliary labels, and Δ how "
    "often these are not the class.",
    source="haochen2021",
    verdict=VERIFIED,
    evidence="True, and loose by 1.96 at least: `probe-sscl-error-sharp` implies it with 0.51 of the right side.",
    theorems=("probe-sscl-haochen", "probe-sscl-error-sharp", "probe-sscl-auxiliary"),
    command="mmcl-theory show probe-sscl-haochen",
    check=on_worlds("probe-sscl-haochen", "probe-sscl-auxiliary"),
    control=too_strong("probe-sscl-auxiliary"),
    controlled_by="`probe-sscl-auxiliary` a tenth smaller",
)

twice_the_residual = Claim(
    slug="error-is-twice-the-residual",
    statement="The error of the linear probe is at most twice its residual.",
    source="haochen2021",
    verdict=VERIFIED,
    evidence="With equality for two images.",
    theorems=("probe-error",),
    command="mmcl-theory falsify probe-error --k 1",
    check=on_worlds("probe-error"),
    control=too_strong("probe-error"),
    controlled_by="the bound a tenth smaller",
)
