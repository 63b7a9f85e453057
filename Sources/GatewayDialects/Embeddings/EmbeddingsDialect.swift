// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import GatewayCore
package import GatewayJSON

/// A format in which clients may ask for vectors of models that do not speak it.
package protocol EmbeddingsClientDialect: RelayedDialect {
    /// The field that holds the inputs, for errors.
    var inputsName: String { get }

    /// Reads a client's request.
    ///
    /// - Throws: ``GatewayError/Code/invalidRequest``, naming the member that is wrong.
    func decodeEmbeddings(
        _ envelope: RequestEnvelope,
        dropped: inout DroppedMembers
    ) throws(GatewayError) -> EmbeddingsRequest

    /// What to change in a body that stays in this format, its `model` apart.
    func embeddingsEdits(for envelope: RequestEnvelope, to target: TranslationTarget) -> [JSONSplice.Edit]

    /// Writes the answer.
    ///
    /// - Throws: ``GatewayError/Code/upstreamUnavailable`` if a vector is not one.
    func encodeEmbeddings(
        _ response: EmbeddingsResponse,
        to request: EmbeddingsRequest,
        into writer: inout JSONWriter
    ) throws(GatewayError)
}

/// A format in which an upstream may be asked for vectors on behalf of clients that do not speak it.
package protocol EmbeddingsUpstreamDialect: Dialect {
    /// Most inputs of one request; a call with more becomes several requests, one after another.
    var maximumInputs: Int { get }

    /// Whether two inputs must go in requests of their own, since this format tells what they differ in once for all.
    func separates(_ first: EmbeddingsRequest.Settings, _ second: EmbeddingsRequest.Settings) -> Bool

    /// The header of an answer that counts its input tokens, for vendors whose bodies do not.
    var inputTokensHeader: String? { get }

    /// Writes a request; `dropped` takes the names of members that this format cannot express.
    ///
    /// The writer stops where the request grows beyond the bound of the call, and the request is refused.
    /// - Throws: ``GatewayError/Code/invalidRequest`` if leaving something out would not do.
    func writeEmbeddings(
        _ request: EmbeddingsRequest,
        to target: TranslationTarget,
        into writer: inout JSONWriter,
        dropped: inout DroppedMembers
    ) throws(GatewayError)

    /// Reads the answer.
    ///
    /// - Throws: ``GatewayError/Code/upstreamUnavailable`` if it is not one.
    func decodeEmbeddings(_ body: JSONValue) throws(GatewayError) -> EmbeddingsResponse
}

extension EmbeddingsUpstreamDialect {
    package var maximumInputs: Int { .max }

    package func separates(_ first: EmbeddingsRequest.Settings, _ second: EmbeddingsRequest.Settings) -> Bool {
        first.dimensions != second.dimensions
    }

    package var inputTokensHeader: String? { nil }
}

extension EmbeddingsClientDialect {
    package func embeddingsEdits(for envelope: RequestEnvelope, to target: TranslationTarget) -> [JSONSplice.Edit] {
        []
    }
}

extension EmbeddingsRequest {
    /// Whether no input is made of tokens.
    var hasOnlyTexts: Bool {
        inputs.allSatisfy { if case .text = $0 { true } else { false } }
    }

    /// Refuses an instruction that would take too much where it is put before each input.
    ///
    /// - Throws: ``GatewayError/Code/invalidRequest``.
    func checkInstruction(beyond maximumBytes: Int) throws(GatewayError) {
        guard let instruction else { return }
        guard instruction.writtenBytes <= FieldBounds.description else {
            throw .invalid("instruction", "must have at most \(FieldBounds.description) bytes.")
        }
        guard instruction.writtenBytes * inputs.count <= maximumBytes else {
            throw .expands(
                beyond: maximumBytes,
                "instruction",
                "It is put before each of the \(inputs.count) inputs: shorten it or send fewer inputs."
            )
        }
    }

    /// The texts of all inputs with the instruction before each; nil if an input is made of tokens.
    var texts: [InstructedText]? {
        var prefix: JSONString?
        if let instruction, !instruction.isEmpty {
            var text = instruction.string
            if text.utf8.last.map({ $0 > 0x20 }) == true { text += " " }
            prefix = JSONString(text)
        }
        var texts: [InstructedText] = []
        texts.reserveCapacity(inputs.count)
        for input in inputs {
            guard case .text(let text) = input else { return nil }
            texts.append(InstructedText(instruction: prefix, text: text))
        }
        return texts
    }

    /// The texts of all inputs, for models that take no tokens.
    func onlyTexts() throws(GatewayError) -> [InstructedText] {
        guard let texts else { throw .invalid("input", "must be texts: this model does not accept tokens.") }
        return texts
    }
}

/// A text with the instruction that all inputs of a request share, which is not copied for each.
struct InstructedText {
    let instruction: JSONString?
    let text: JSONString
}

extension JSONWriter {
    /// A string: the instruction, if any, and the text.
    mutating func string(_ text: InstructedText) {
        guard let instruction = text.instruction else { return string(text.text) }
        beginString()
        appendString(instruction)
        appendString(text.text)
        endString()
    }

    /// A member whose value is such a string.
    mutating func member(_ key: StaticString, _ text: InstructedText) {
        self.key(key)
        string(text)
    }
}
