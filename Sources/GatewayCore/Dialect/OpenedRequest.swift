// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

/// A client's request with what has been read of it so far.
///
/// Made once for each call by ``Translator/open(_:)``, and kept until the call ends: whatever the translator decodes for one destination is here for the next
/// one. It takes a few words beside the envelope until something is decoded, so a relayed request pays nothing for it. Only a ``Translator`` reads and fills
/// what is kept.
package struct OpenedRequest: Sendable {
    /// The request as it is now: with the texts that took the place of the client's.
    package private(set) var envelope: RequestEnvelope
    /// The request in the gateway's own terms.
    package var model = Lazy<Decoded<ModelRequest>>()
    /// The same for embeddings.
    package var embeddings = Lazy<Decoded<EmbeddingsRequest>>()
    /// For token counting: the request that is counted.
    package var counted = Lazy<RequestEnvelope>()
    /// About how many tokens the model reads of it.
    package var inputTokens = Lazy<Int>()

    /// Opens a request; nothing is read yet.
    package init(_ envelope: RequestEnvelope) {
        self.envelope = envelope
    }

    /// Puts another body in place of the client's; whatever was read of the old one is forgotten.
    package mutating func replace(_ envelope: RequestEnvelope) {
        self = OpenedRequest(envelope)
    }

    /// What a decoder made of a request.
    package struct Decoded<Value: Sendable>: Sendable {
        package var value: Value
        /// The names of fields that no target could serve.
        package var dropped: [String]

        package init(_ value: Value, dropped: [String]) {
            self.value = value
            self.dropped = dropped
        }
    }
}

/// A value that is made when it is first asked for, and kept.
///
/// Takes one word until then, whatever the size of the value.
package struct Lazy<Value: Sendable>: Sendable {
    private indirect enum Storage: Sendable {
        case value(Value)
    }

    private var storage: Storage?

    package init() {}

    /// The value if it has been made.
    package var known: Value? {
        switch storage {
        case .value(let value): value
        case nil: nil
        }
    }

    /// The value, made by `make` the first time.
    package mutating func get<Failure>(_ make: () throws(Failure) -> Value) throws(Failure) -> Value {
        if case .value(let value) = storage { return value }
        let value = try make()
        storage = .value(value)
        return value
    }
}
