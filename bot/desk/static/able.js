// Whether this browser can do what the desk needs: keys of its own, on a page that nobody on the way could change.
// Never here: what is done where it cannot.

/** True where X25519 keys can be made. Pages that came without https have no cryptography at all. */
export const able = await globalThis.crypto?.subtle?.generateKey("X25519", false, ["deriveBits"]).then(Boolean, () => false);
