// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import NIOCore

extension Gateway {
    /// Sends one request to a destination, with what authorises it.
    ///
    /// The one place where requests go upstream, whatever they ask for: so a credential that the upstream refuses is noted for the next request.
    func send(
        _ request: UpstreamRequest,
        to destination: Destination,
        over upstream: any UpstreamClient
    ) async throws(GatewayError) -> any UpstreamExchange {
        guard let authorizer = destination.service.authorizer else { return try await upstream.send(request) }
        var request = request
        if authorizer.readsBody {
            let bytes = request.body.reduce(0) { $0 + $1.readableBytes }
            try await largeBodies.run(
                over: bytes,
                awaiting: { () async throws(GatewayError) in
                    try await authorizer.authorize(&request, using: upstream)
                }
            )
        } else {
            try await authorizer.authorize(&request, using: upstream)
        }
        let answer = try await upstream.send(request)
        if answer.head.status == 401 { authorizer.noteRefusal() }
        return answer
    }
}
