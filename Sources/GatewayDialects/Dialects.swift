// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import GatewayCore
import GatewayJSON
package import NIOCore

/// Every wire format that the gateway knows, and the one implementation of ``Translator``.
///
/// A new dialect is a folder and a line in ``all``. Which pairs can be translated follows from what the dialects are: any ``ClientDialect`` to any
/// ``UpstreamDialect``.
package struct Dialects: Translator {
    /// Every dialect.
    package static let all: [any Dialect] = [
        OpenAIChat(),
        OpenAIResponses(),
        OpenAIEmbeddings(),
        AnthropicMessages(),
        Gemini(),
    ]

    private let dialects: [any Dialect]

    package init(_ dialects: [any Dialect] = Dialects.all) {
        self.dialects = dialects
    }

    /// The dialect of a format.
    func dialect(_ format: WireFormat) -> (any Dialect)? {
        dialects.first { $0.format == format }
    }

    package func route(_ target: String) -> InferenceRoute? { InferenceRoutes.match(path: target) }

    package func canServe(_ apiType: APIType, with format: WireFormat) -> Bool {
        guard apiType.wireFormat != format else { return true }
        return dialect(apiType.wireFormat) is any ClientDialect && dialect(format) is any UpstreamDialect
    }

    package func upstreamError(
        _ format: WireFormat,
        status: Int,
        body: ByteBuffer,
        retryAfter: String?
    ) -> GatewayError {
        ErrorReader.error(status: status, body: body, retryAfter: retryAfter)
    }

    package func errorBody(_ error: GatewayError, for apiType: APIType?, requestID: String) -> ByteBuffer {
        guard let apiType, let dialect = dialect(apiType.wireFormat) else {
            return ErrorWriter.body(error) { _ in }
        }
        return dialect.encodeError(error, requestID: requestID)
    }
}
