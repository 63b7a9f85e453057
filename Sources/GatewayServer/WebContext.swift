// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import Hummingbird
import Logging

/// What travels with a request of the web side through Hummingbird's router.
struct WebContext: RequestContext {
    struct Source: RequestContextSource {
        let logger: Logger
    }

    var coreContext: CoreRequestContextStorage

    init(source: Source) {
        coreContext = CoreRequestContextStorage(source: source)
    }
}
