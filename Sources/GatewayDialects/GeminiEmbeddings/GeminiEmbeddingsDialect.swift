// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import GatewayCore
import GatewayJSON
package import NIOCore

/// What Gemini's formats of embeddings share.
package protocol GeminiEmbeddingsDialect: RelayedDialect {}

extension GeminiEmbeddingsDialect {
    package var namesModelInBody: Bool { false }

    package func makeRelay(for relay: RelayContext) -> any ResponseTransform {
        WholeRelay(usageMember: "usageMetadata", Gemini.usage)
    }

    package func encodeError(_ error: GatewayError, requestID: String) -> ByteBuffer {
        Gemini().encodeError(error, requestID: requestID)
    }

    package func encodeStreamError(_ error: GatewayError, requestID: String) -> ByteBuffer {
        Gemini().encodeStreamError(error, requestID: requestID)
    }
}
