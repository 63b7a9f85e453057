// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import Hummingbird
import Logging

/// What travels with a request of the web side through Hummingbird's router.
struct WebContext: RequestContext {
    struct Source: RequestContextSource {
        let logger: Logger
        /// As our listener read it: with the peer's address, which Hummingbird's request has not.
        let request: GatewayCore.HTTPRequest
    }

    var coreContext: CoreRequestContextStorage
    let request: GatewayCore.HTTPRequest

    init(source: Source) {
        coreContext = CoreRequestContextStorage(source: source)
        request = source.request
    }
}
