"""The list of worlds tells the truth about each, and can be read without JAX."""

import inspect
import subprocess
import sys

import jax
import pytest

import mmcl_theory as mt
from mmcl_theory.worlds import generators, latent, shortcuts
from mmcl_theory.worlds.registry import WORLDS


def test_reading_the_list_loads_nothing_heavy():
    code = "import sys, mmcl_theory.worlds.registry; print([m for m in ('jax', 'numpy', 'pandas') if m in sys.modules])"
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert printed.stdout.strip() == "[]"


@pytest.mark.parametrize("name", WORLDS)
def test_an_entry_says_whether_its_world_is_random_and_what_it_is(name):
    entry = WORLDS[name]
    assert entry.name == name
    assert entry.is_random == ("key" in inspect.signature(entry.function).parameters)
    assert entry.has_augmentations == (inspect.signature(entry.function).return_annotation is mt.worlds.World)
    assert "key" not in entry.knobs
    assert entry.description.endswith(".")
    assert entry.description.count(".") == 1


@pytest.mark.parametrize("name", [name for name, entry in WORLDS.items() if not entry.is_bundled])
def test_a_world_has_augmentation_pairs_where_its_entry_says_so(name):
    entry = WORLDS[name]
    made = entry.function(**({"key": jax.random.key(0)} if entry.is_random else {}))
    assert isinstance(made, mt.worlds.World if entry.has_augmentations else mt.Joint)


def test_every_generator_is_in_the_list():
    """Whatever public function of these modules makes a joint or a world."""
    listed = {entry.function for entry in WORLDS.values()}
    for module in (generators, latent, shortcuts):
        for function in vars(module).values():
            if inspect.isfunction(function) and function.__module__ == module.__name__ and function.__name__[0] != "_":
                makes_one = inspect.signature(function).return_annotation in (mt.Joint, mt.worlds.World)
                assert makes_one == (function in listed), function.__name__


def test_a_world_is_a_function_also_once_its_module_is_loaded():
    for entry in WORLDS.values():
        place = entry.function.__module__.rpartition(".")[2]
        assert place not in mt.worlds.__all__, "the module would hide the function"
