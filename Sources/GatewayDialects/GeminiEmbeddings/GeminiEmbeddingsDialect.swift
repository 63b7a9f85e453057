// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import GatewayCore
import GatewayJSON
package import NIOCore

/// What Gemini's formats of embeddings share.
package protocol GeminiEmbeddingsDialect: RelayedDialect {}

extension APIType {
    package static let geminiEmbedContent = APIType(
        "gemini/v1/embedContent",
        .geminiEmbedContent,
        namesModelInPath: true
    )
    package static let geminiBatchEmbedContents = APIType(
        "gemini/v1/batchEmbedContents",
        .geminiBatchEmbedContents,
        namesModelInPath: true
    )
}

extension GeminiEmbeddingsDialect {
    package var inputsName: String { "requests" }

    package var promptFields: PromptFields { PromptFields(content: ["content", "requests"]) }

    package var namesModelInBody: Bool { false }

    package func makeRelay(for relay: RelayContext) -> any ResponseTransform {
        WholeRelay(usageMember: "usageMetadata", Gemini.usage)
    }

    package func rephrase(_ error: inout GatewayError, _ meaning: ErrorMeaning) { Gemini().rephrase(&error, meaning) }

    package func encodeError(_ error: GatewayError, requestID: String) -> ByteBuffer {
        Gemini().encodeError(error, requestID: requestID)
    }

    package func encodeStreamError(_ error: GatewayError, requestID: String) -> ByteBuffer {
        Gemini().encodeStreamError(error, requestID: requestID)
    }
}
