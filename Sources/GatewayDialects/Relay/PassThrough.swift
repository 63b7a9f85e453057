// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import NIOCore

/// Passes an answer on that is no model's work, such as one about an earlier answer: nothing of it counts as usage.
struct PassThrough: ResponseTransform {
    let observation = ResponseObservation()

    var contentType: String? { nil }
    var keepsLength: Bool { true }
    // An answer that was stored may be a failed one.
    var mayQuoteError: Bool { true }

    mutating func consume(_ bytes: ByteBuffer) throws(GatewayError) -> ByteBuffer { bytes }
    mutating func finish() throws(GatewayError) -> ByteBuffer { ByteBuffer() }
    mutating func fail(_ error: GatewayError) -> ByteBuffer { ByteBuffer() }
}
