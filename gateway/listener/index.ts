/**
 * Listener: the public door as a socket: what may come in at once, for how long, and over TLS.
 * Knows: connections, time-outs, memory, descriptors, certificates. Never knows: rules, tokens, what is asked for.
 * State: the open connections, and whether there is too much to do; both in the closure of one gateway.
 */
export { type Certificate, type CertificateFault, readCertificate } from './certificate.js'
export { type DropCause, guardConnections } from './connections.js'
export { affordableConnections, readDescriptorLimit } from './descriptors.js'
export { createLoad, type Overload } from './load.js'
export { createRareNotice } from './rare-notice.js'
export { adjustServer, createPublicServer, type ListenerLimits, useCertificate } from './server.js'
export { awaitForwardedBody } from './silent-body.js'
