"""The data of one package as an update for devices that run another."""

from pathlib import Path

import msgspec
import pytest

from ecmkit.errors import FormatError
from ecmkit.formats import EddsaBlake2b, KeyedHash, read_update
from ecmkit.package import (
    Package,
    Release,
    build,
    build_update,
    check_update,
    describe_update,
    parts_of,
    scheme_of,
    sign_update,
)
from ecmkit.targets import load_target
from tests.package.sample import application, models, rivals
from tests.package.test_model_data import SIGNER, kmeans

APP = application(models=(models()[0], kmeans()), shadow=(rivals()[0], kmeans(seed=2)))


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Package:
    """Build one with a challenger, which has weights too."""
    out = tmp_path_factory.mktemp("updates") / "pump"
    release = Release(data_version=4)
    return build(APP, target=load_target("esp32"), out=out, release=release)


def verified(made: Package, verify: str, key: str = "") -> Package:
    """Return the same, of a release that says how updates are verified."""
    release = Release(verify=verify, verify_key=key)
    manifest = msgspec.structs.replace(made.manifest, release=release)
    return Package(made.path, manifest, made.contract)


def test_it_is_the_update_of_the_application(made: Package) -> None:
    block = sign_update(made, version=5, signer=SIGNER, device=made)
    assert block == build_update(APP, version=5, signer=SIGNER)
    facts = describe_update(block, verify=SIGNER.verify, device=made)
    assert (facts.passed, facts.signed, facts.misfit) == (True, True, "")
    assert [part.name for part in facts.parts] == [
        "weights 1", "weights 2", "edges of the references",
        "shares of the references", "monitors",
    ]  # fmt: skip
    assert facts.bytes == len(block)


def test_a_changed_byte_is_not_what_was_signed(made: Package) -> None:
    block = bytearray(sign_update(made, version=5, signer=SIGNER))
    block[-1] ^= 1
    facts = describe_update(bytes(block), verify=SIGNER.verify)
    assert (facts.passed, facts.signed) == (False, False)


def test_each_field_that_does_not_fit_is_named(made: Package) -> None:
    update = read_update(sign_update(made, version=5, signer=SIGNER))
    check_update(update, made)
    for change, words in (
        ({"contract_id": "ab" * 16}, "`contract`: found abab"),
        ({"layout_id": "ab" * 16}, "`layout`: found abab"),
        ({"parts": update.parts[:-1]}, "`parts`: found"),
        ({"version": 4}, "`version`: found 4, expected above 4"),
    ):
        with pytest.raises(FormatError, match=words):
            check_update(msgspec.structs.replace(update, **change), made)
    assert len(parts_of(update)) == len(update.parts)


def test_who_signs_is_whom_the_package_asks_for(made: Package) -> None:
    assert scheme_of(made) == "ed25519"
    keyed = verified(made, "monocypher-keyed")
    assert scheme_of(keyed) == "keyed"
    sign_update(made, version=5, signer=KeyedHash(bytes(32)), device=keyed)
    pytest.importorskip("monocypher")
    signer = EddsaBlake2b.from_seed(bytes(range(32)))
    own = verified(made, "monocypher", signer.public.hex())
    assert scheme_of(own) == "monocypher"
    sign_update(own, version=5, signer=signer)
    with pytest.raises(FormatError, match="`verify`: found 'monocypher-keyed'"):
        sign_update(made, version=5, signer=signer, device=keyed)
    other = EddsaBlake2b.from_seed(bytes(32))
    with pytest.raises(FormatError, match="`verify_key`: found "):
        sign_update(made, version=5, signer=other, device=own)


def test_firmware_whose_weights_are_code_takes_none(tmp_path: Path) -> None:
    plain = build(
        application(models=models()), target=load_target("esp32"), out=tmp_path / "p"
    )
    with pytest.raises(FormatError, match=r"data\.bin: found none"):
        sign_update(plain, version=1, signer=SIGNER)


def test_versions_begin_with_one(made: Package) -> None:
    with pytest.raises(ValueError, match="version is 0, expected 1 or more"):
        sign_update(made, version=0, signer=SIGNER)
