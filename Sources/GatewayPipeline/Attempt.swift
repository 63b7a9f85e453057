// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore

/// What one destination is asked, and what makes the client's answer of what comes back.
struct Attempt {
    let destination: PreparedDestination
    /// What the destination speaks.
    let format: WireFormat
    var request: UpstreamRequest
    var translation: Translation
}

extension UpstreamHead {
    var isSuccess: Bool { (200..<300).contains(status) }

    var isEventStream: Bool { header("content-type")?.hasPrefix("text/event-stream") ?? false }
}
