// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import Hummingbird
import Logging

/// The context of a request in Hummingbird's router.
struct WebContext: RequestContext {
    struct Source: RequestContextSource {
        let logger: Logger
        /// The request as the listener read it, with the peer's address, which Hummingbird's request lacks.
        let request: GatewayCore.HTTPRequest
        /// Where the body comes from, for routes that take one.
        let exchange: any HTTPExchange
    }

    var coreContext: CoreRequestContextStorage
    let request: GatewayCore.HTTPRequest
    let exchange: any HTTPExchange

    init(source: Source) {
        coreContext = CoreRequestContextStorage(source: source)
        request = source.request
        exchange = source.exchange
    }
}
