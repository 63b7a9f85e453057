// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import NIOHTTP1

/// Notes the tags that a client gives its request, for the usage row.
struct RequestTagging: HeadPolicy {
    func checkHead(of call: inout Call) throws(GatewayError) {
        guard let tags = call.request.headers.first(name: RequestTags.headerName) else { return }
        call.requestTags = try RequestTags(header: tags)
    }
}
