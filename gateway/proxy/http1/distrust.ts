/** By this code the upstream could not prove who it is, or did not believe who we are. */
export const DISTRUST = 'UPSTREAM_TLS'

/** RFC 8446 §6.2: alerts about who we are. In TLS 1.3 they come after the handshake is over for us (§4.4.2.4). */
const DISTRUSTS_US = /_ALERT_(\w*CERTIFICATE\w*|UNKNOWN_CA|ACCESS_DENIED|HANDSHAKE_FAILURE|DECRYPT_ERROR)$/

/** An error of a connection, under that code if this is what it says. */
export function readDistrust(error: Error & { code?: string }): Error {
  return DISTRUSTS_US.test(error.code ?? '') ? Object.assign(error, { code: DISTRUST }) : error
}
