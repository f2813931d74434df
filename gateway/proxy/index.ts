/**
 * Proxy: from the bytes of a request to the one target that is judged, and from a verdict to the upstream and back.
 * Knows: request targets, header hygiene, upstream connections. Never knows: tokens, users, rules.
 * State: the connection pools of one set of upstreams, closed when a reload replaces them.
 */
export { createClientAddress, type Peer } from './client-address.js'
export { createClientFields } from './client-fields.js'
export { createForward, expectsContinue, type Forwarded, type Forwarding, stripPrefix } from './forward.js'
export { forwardedFields, lastOf, protocolOf } from './forwarded-fields.js'
export { createInquiries, type Inquiry, type InquiryMode } from './inquiry.js'
export { createRequestBody } from './request-body.js'
export { createRequestHeaders } from './request-headers.js'
export { parseRequestTarget, type RequestTarget, readTarget, type TargetFault } from './request-target.js'
export { createUpstreams, type UpstreamOptions, type Upstreams, type UpstreamTarget } from './upstreams.js'
