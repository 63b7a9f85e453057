// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import NIOCore

/// What the gateway remembers of one answer of the Responses API, so that later requests can refer to it by its id.
package struct StoredResponse: Sendable, Equatable {
    /// The id of an answer and whose it is: another caller's id is not found, like one that never was (reasoning-08).
    package struct Key: Sendable, Hashable {
        /// ``Caller/identity``.
        package let owner: String
        /// As the client knows it, `resp_…`; at most ``maximumIDBytes``.
        package let id: String

        package init(owner: String, id: String) {
            self.owner = owner
            self.id = id
        }

        /// The longest id that is remembered or looked up, in bytes of UTF-8.
        package static let maximumIDBytes = 64
    }

    /// A request's `input`, that of earlier answers included, and the answer as the client got it; each a JSON value.
    package struct Exchange: Sendable, Equatable {
        package var input: ByteBuffer
        package var response: ByteBuffer

        package init(input: ByteBuffer, response: ByteBuffer) {
            self.input = input
            self.response = response
        }

        package var bytes: Int { input.readableBytes + response.readableBytes }
    }

    /// Who has the answer.
    package enum Content: Sendable, Equatable {
        /// The gateway. Boxed, since most records have nothing of the kind.
        indirect case kept(Exchange)
        /// The provider that gave it.
        case vendor
        /// Nobody, since it has that many bytes.
        case tooLarge(bytes: Int)
    }

    package var key: Key
    /// Microseconds since 1970 UTC.
    package var createdAt: Int64
    /// The full name of the model service that was called.
    package var service: String
    /// The full name of the provider service that answered.
    package var provider: String
    /// The model in the provider's terms.
    package var model: String
    package var content: Content

    package init(
        key: Key,
        createdAt: Int64,
        service: String,
        provider: String,
        model: String,
        content: Content
    ) {
        self.key = key
        self.createdAt = createdAt
        self.service = service
        self.provider = provider
        self.model = model
        self.content = content
    }

    /// What it counts for where stored answers are bounded in bytes; a flat amount stands for everything but the content.
    package var bytes: Int {
        switch content {
        case .kept(let exchange):
            Self.recordBytes + exchange.input.readableBytes + exchange.response.readableBytes
        case .vendor, .tooLarge: Self.recordBytes
        }
    }

    /// About what a row and its indices take.
    package static let recordBytes = 512
}

extension Caller {
    /// Who this is among all callers, whatever token was used; nobody can take a name that gives the built-in administrator's.
    package var identity: String { "\(isBuiltIn ? "ADMINISTRATOR" : kind.rawValue):\(name)" }
}
