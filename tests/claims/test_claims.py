"""Every verdict of the ledger stands: its check finds what it rests on, and its control does not."""

import dataclasses
import itertools
import pathlib
import shlex

import pytest
from typer.main import get_command

import mmcl_theory as mt
from mmcl_theory.claims.claim import VERIFIED, Claim, Outcome, run
from mmcl_theory.claims.registry import claims
from mmcl_theory.cli import claims as command
from mmcl_theory.cli.commands import app

ROOT = pathlib.Path(__file__).parents[2]
CHECKED = [slug for slug, claim in claims.items() if claim.check]
LONG = "single-vs-multi"  # trains 20 seeds; tests/dynamics checks the same claim on fewer


@pytest.mark.parametrize("slug", [pytest.param(s, marks=[pytest.mark.slow] * (s == LONG)) for s in CHECKED])
def test_what_a_verdict_rests_on_is_found_and_not_in_the_control(slug):
    (row,) = run([claims[slug]]).itertuples()
    assert row.stands, f"{row.found}; in the control {row.in_control}"


def test_a_claim_does_not_stand_if_its_check_finds_nothing_or_its_control_something():
    found = {True: lambda: Outcome(True, "so"), False: lambda: Outcome(False, "not so")}
    table = run(
        Claim("one", "One.", "ours", VERIFIED, "", "", check=found[a], control=found[b], controlled_by="it")
        for a in (True, False)
        for b in (True, False)
    )
    assert table.stands.tolist() == [False, True, False, False]
    assert table.found.tolist() == ["so", "so", "not so", "not so"]


def test_each_source_has_its_claims_and_most_are_checked():
    sources = {claim.source for claim in claims.values()}
    assert sources == {"zhang2023", "haochen2021", "huang2024", "zolfaghari2021", "arXiv:2603.20181"}
    assert len(CHECKED) >= 20


@pytest.mark.parametrize("claim", claims.values(), ids=lambda claim: claim.slug)
def test_statements_exist_and_commands_are_ones(claim):
    assert set(claim.theorems) <= set(mt.theorems)
    program, *arguments = shlex.split(claim.command)
    if program == "python":
        assert (ROOT / arguments[0]).is_file()
        return
    assert program == "mmcl-theory"
    name, *options = arguments
    group = get_command(app)
    found = group.commands[name]
    with found.make_context(name, options):  # parses the options, and refuses what is none
        pass
    for option, value in itertools.pairwise(options):
        if option == "--theorem":
            assert value in mt.theorems


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"verdict": "true"}, "verdict: one of verified, refuted, holds under conditions, not testable here is needed"),
        ({"control": None}, "control: a check, its control and words for it go together, in 'probe'"),
        ({"controlled_by": ""}, "control: "),
    ],
)
def test_refusals(changes, message):
    made = Claim("probe", "It is.", "ours", VERIFIED, "", "", check=print, control=print, controlled_by="none")
    with pytest.raises(ValueError, match=message):
        dataclasses.replace(made, **changes)


def test_the_command_lists_shows_and_checks(capsys, monkeypatch):
    assert command.show_claims() == 0
    listed = capsys.readouterr().out
    assert all(slug in listed for slug in claims)
    assert command.show_claims(["coloured-digits"]) == 0
    shown = capsys.readouterr().out
    assert "holds under conditions" in shown
    assert "Huang" in shown
    assert command.show_claims(["coloured-digits"], run=True) == 0
    assert "1 claims checked in 0 s: every verdict stands" in " ".join(capsys.readouterr().out.split())
    fallen = dataclasses.replace(claims["coloured-digits"], check=lambda: Outcome(False, "no"))
    monkeypatch.setattr("mmcl_theory.claims.registry.claims", {"coloured-digits": fallen})
    assert command.show_claims(run=True) == 1
    assert "no longer so: coloured-digits" in " ".join(capsys.readouterr().out.split())


def test_an_unknown_claim_is_refused_with_those_that_are_near():
    with pytest.raises(ValueError, match="SLUG: there is no claim 'coloured-digit'; did you mean coloured-digits"):
        command.show_claims(["coloured-digit"])
