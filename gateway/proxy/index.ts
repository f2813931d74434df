/**
 * Proxy: from the bytes of a request to the one target that is judged, and from a verdict to the upstream and back.
 * Knows: request targets, header hygiene, upstream connections, tunnels. Never knows: tokens, users, rules.
 * State: the endpoints of one set of upstreams, with their connections, health and counts; a reload keeps what it can.
 */
export { createClientAddress, type Peer } from './client-address.js'
export { createClientFields } from './client-fields.js'
export { expectsContinue, type Forwarded, type Forwarding, forward, stripPrefix } from './forward.js'
export { forwardedFields, lastOf, protocolOf } from './forwarded-fields.js'
export type { TargetFault } from './framing.js'
export { createInquiries, type Inquiry, type InquiryMode } from './inquiry.js'
export { lingerAfter } from './linger.js'
export type { Upgrading } from './open-tunnel.js'
export { createRequestBody } from './request-body.js'
export { createRequestHeaders } from './request-headers.js'
export { parseRequestTarget, type RequestTarget, readTarget } from './request-target.js'
export type { Tunnel, TunnelEnd } from './tunnel.js'
export { UpgradableRequest } from './upgradable-request.js'
export {
  createUpstreams,
  type UpstreamFigures,
  type UpstreamOptions,
  type Upstreams,
  type UpstreamTarget
} from './upstreams.js'
export { asksForWebSocket, handshakeFault } from './websocket-handshake.js'
