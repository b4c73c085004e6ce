"""The function that judges the signature of updates, by Monocypher."""

from pathlib import Path

from ecmkit.graph.c_writer import wrapped
from ecmkit.package import monocypher
from ecmkit.package.manifest import ThirdParty
from ecmkit.package.release import Release

__all__ = ["VERIFY", "write_verify"]

VERIFY = "ecm_package_verify"
"""C name of the function, and of its files."""
_OWN = "package_monocypher"


def write_verify(release: Release, folder: Path) -> tuple[ThirdParty, ...]:
    """Write the function that a release asks for, with the sources that it needs.

    Parameters
    ----------
    release : Release
        `verify` and `verify_key` say which.
    folder : Path
        Of the package; has ``src/`` already.

    Returns
    -------
    tuple of ThirdParty
        What of others is in the package now.

    Raises
    ------
    FormatError, MissingError
        As `ecmkit.package.monocypher.sources`.
    """
    if release.verify == "none":
        return ()
    place = folder / monocypher.FOLDER
    place.mkdir(parents=True)
    for name, data in monocypher.sources().items():
        (place / name).write_bytes(data)
    source = folder / "src"
    (source / f"{_OWN}.c").write_text(_LIBRARY, "utf-8")
    signed = release.verify == "monocypher"
    header = _SIGNED_H if signed else _KEYED_H
    (source / f"{VERIFY}.h").write_text(header, "utf-8")
    text = _KEYED_C
    if signed:
        key = [f"0x{byte:02x}" for byte in bytes.fromhex(release.verify_key)]
        text = _SIGNED_C.replace("@key@", "\n".join(wrapped(key)))
    (source / f"{VERIFY}.c").write_text(text, "utf-8")
    return (monocypher.record(),)


_LIBRARY = """\
/* package_monocypher.c - Monocypher as its authors release it, see third_party/;
 * loops in place of straight code save half of its flash.
 */
#define BLAKE2_NO_UNROLLING
#include "../third_party/monocypher/monocypher.c"
"""
_SIGNED_H = """\
/* ecm_package_verify.h - are new data signed? By Monocypher; generated.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ECM_PACKAGE_VERIFY_H
#define ECM_PACKAGE_VERIFY_H

#include "ecm_base.h"

ECM_EXTERN_C_BEGIN

/** Is this an EdDSA signature over BLAKE2b of these bytes, by the package's public key?
 * To be handed to ecm_app_update_commit.
 *
 * user             [in] not used
 * data             [in] what was signed, where it lies
 * bytes            [in] of data
 * signature        [in] 64 bytes
 * signature_bytes  [in] 64
 *
 * Context : the task that calls ecm_app_update_commit.
 * Returns : ECM_OK, ECM_ERR_NULL, ECM_ERR_LENGTH if the signature has another length or
 *           data are more than an object can have, ECM_ERR_ARG if it is not the key's.
 */
ecm_status_t ecm_package_verify(void *user, const uint8_t *data, uint32_t bytes,
                                const uint8_t *signature, uint32_t signature_bytes);

ECM_EXTERN_C_END

#endif
"""
_SIGNED_C = """\
/* ecm_package_verify.c - are new data signed? By Monocypher; generated.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_package_verify.h"

#include "../third_party/monocypher/monocypher.h"

#define SIGNATURE_BYTES 64U

/* The public key of who signs updates. */
static const uint8_t verify_key[32] = {
@key@
};

ecm_status_t ecm_package_verify(void *user, const uint8_t *data, uint32_t bytes,
                                const uint8_t *signature, uint32_t signature_bytes) {
    (void)user;
    ECM_REQUIRE(data != NULL && signature != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(signature_bytes == SIGNATURE_BYTES, ECM_ERR_LENGTH);
    ECM_REQUIRE((uint32_t)(size_t)bytes == bytes, ECM_ERR_LENGTH);
    return crypto_eddsa_check(signature, verify_key, data, (size_t)bytes) == 0
               ? ECM_OK
               : ECM_ERR_ARG;
}
"""
_KEYED_H = """\
/* ecm_package_verify.h - have new data the keyed hash? By Monocypher; generated.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ECM_PACKAGE_VERIFY_H
#define ECM_PACKAGE_VERIFY_H

#include "ecm_base.h"

ECM_EXTERN_C_BEGIN

#define ECM_PACKAGE_VERIFY_KEY_BYTES 32

/* Where the secret key comes from: the package has none. */
typedef struct {
    /* ECM_OK with the key filled in, or a refusal. */
    ecm_status_t (*read)(void *user, uint8_t key[ECM_PACKAGE_VERIFY_KEY_BYTES]);
    void *user; /* handed to it */
} ecm_package_verify_key_t;

/** Is this the keyed BLAKE2b of these bytes? To be handed to ecm_app_update_commit.
 *
 * user             [in] an ecm_package_verify_key_t
 * data             [in] what was hashed, where it lies
 * bytes            [in] of data
 * signature        [in] the hash, 16 bytes
 * signature_bytes  [in] 16
 *
 * The key is on the stack meanwhile, and is wiped.
 *
 * Context : the task that calls ecm_app_update_commit.
 * Returns : ECM_OK, ECM_ERR_NULL, ECM_ERR_LENGTH if the hash has another length or data
 *           are more than an object can have, ECM_ERR_ARG if it is another one, or what
 *           read refused with.
 */
ecm_status_t ecm_package_verify(void *user, const uint8_t *data, uint32_t bytes,
                                const uint8_t *signature, uint32_t signature_bytes);

ECM_EXTERN_C_END

#endif
"""
_KEYED_C = """\
/* ecm_package_verify.c - have new data the keyed hash? By Monocypher; generated.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_package_verify.h"

#include "../third_party/monocypher/monocypher.h"

#define HASH_BYTES 16U

ecm_status_t ecm_package_verify(void *user, const uint8_t *data, uint32_t bytes,
                                const uint8_t *signature, uint32_t signature_bytes) {
    const ecm_package_verify_key_t *source = (const ecm_package_verify_key_t *)user;
    uint8_t key[ECM_PACKAGE_VERIFY_KEY_BYTES];
    uint8_t hash[HASH_BYTES];
    ecm_status_t status;
    ECM_REQUIRE(source != NULL && source->read != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(data != NULL && signature != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(signature_bytes == HASH_BYTES, ECM_ERR_LENGTH);
    ECM_REQUIRE((uint32_t)(size_t)bytes == bytes, ECM_ERR_LENGTH);
    status = source->read(source->user, key);
    if (status >= ECM_OK) {
        crypto_blake2b_keyed(hash, sizeof hash, key, sizeof key, data, (size_t)bytes);
        status = crypto_verify16(hash, signature) == 0 ? ECM_OK : ECM_ERR_ARG;
    }
    crypto_wipe(key, sizeof key);
    crypto_wipe(hash, sizeof hash);
    return status;
}
"""
