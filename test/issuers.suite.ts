import './issuers/accepts-tokens-as-providers-shape-them.test.js'
import './issuers/accepts-tokens-of-oidc-provider.test.js'
import './issuers/refuses-forged-tokens.test.js'
import './issuers/tells-services-about-tokens.test.js'
