// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import GatewayCore
package import NIOCore

/// OpenAI's embeddings, relayed.
package struct OpenAIEmbeddings: RelayedDialect {
    package var format: WireFormat { .openAIEmbeddings }

    package init() {}

    package func makeRelay(for relay: RelayContext) -> any ResponseTransform {
        WholeRelay(usageMember: "usage", OpenAIChat.usage)
    }

    package func encodeError(_ error: GatewayError, requestID: String) -> ByteBuffer { OpenAIError.body(error) }

    package func encodeStreamError(_ error: GatewayError, requestID: String) -> ByteBuffer { OpenAIError.event(error) }
}
