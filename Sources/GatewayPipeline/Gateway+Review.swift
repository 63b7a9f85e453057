// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import NIOCore

extension Gateway {
    /// Lets the policies look into the content of a request, and change it before anything goes upstream.
    ///
    /// What they are then looks into the answer of each attempt.
    func review(_ call: inout Call) async throws(GatewayError) {
        for policy in policies.review {
            if let content = policy.contentPolicy(for: call) { call.contentPolicies.append(content) }
        }
        guard !call.contentPolicies.isEmpty else { return }
        guard !call.isUnmanaged else {
            throw GatewayError(
                .forbidden,
                "A policy looks into the content of requests, so requests to other paths of the provider, which nobody can look into, are not forwarded."
            )
        }
        guard call.opened != nil else { return }
        var request = try call.takeRequest()
        defer { call.opened = request }
        for index in call.contentPolicies.indices {
            let edits = try await call.contentPolicies[index].review(translator.content(of: request))
            if !edits.isEmpty { try translator.replace(edits, in: &request) }
        }
        // Later requests go on with what the model was told.
        if let stored = call.storedInput, stored.readableBytes > 0 {
            call.storedInput = try translator.input(of: request.envelope)
        }
    }
}
