// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import GatewayCore
package import GatewayJSON

/// What an answer's codecs know of the call.
package struct AnswerContext: Sendable {
    /// Which variant of its wire format the client asked for.
    package var apiType: APIType
    package var identity: AnswerIdentity
    /// The model's name in the vendor's terms, for answers that do not say it.
    package var model: String
    /// Whether a streaming client asked for usage at the end.
    package var includesUsage: Bool
    /// The estimate of the prompt's tokens, where the client gets figures before the upstream reports any.
    package var estimatedInput: Int
    /// Who answers: the origin of every ``OpaqueState`` in the answer.
    package var origin = StateOrigin(tag: 0)
    /// For Gemini's clients: whether they want server-sent events (`alt=sse`) rather than a JSON array.
    package var wantsServerSentEvents = true
    /// The client's body, for formats whose answers repeat what was asked (Responses).
    package var request: JSONScan?
    /// The ids of the calls that the conversation holds, in the client's spelling.
    package var callIDs: [JSONString] = []
    /// Whether the conversation holds answers already.
    package var hasEarlierAnswers = false
    /// `previous_response_id` of the client, which the body does not have any more.
    package var previousResponseID: String?

    package init(
        apiType: APIType,
        identity: AnswerIdentity,
        model: String,
        includesUsage: Bool = false,
        estimatedInput: Int = 0
    ) {
        self.apiType = apiType
        self.identity = identity
        self.model = model
        self.includesUsage = includesUsage
        self.estimatedInput = estimatedInput
    }
}

extension AnswerContext {
    /// The vendor's id of the answer, made unique where it may be that of an earlier answer of the conversation.
    ///
    /// Clients leave out a message whose id they have seen, and small servers count to a thousand or give all answers one id (tools-15). Ids that a vendor draws at
    /// random stay as they are.
    func uniqueID(_ id: JSONString) -> JSONString {
        guard hasEarlierAnswers, !id.isEmpty, !AnswerIdentity.isRandom(id.string.utf8) else { return id }
        return JSONString("\(id.string)-\(identity.idSuffix)")
    }

    /// Writes the member `id`: the vendor's behind the format's prefix, so that it can be found again in the vendor's logs, else one of the request's.
    func writeID(_ id: JSONString?, prefix: StaticString, into writer: inout JSONWriter) {
        writer.key("id")
        writer.beginString()
        if let id, !id.isEmpty {
            if !id.hasPrefix(prefix) { writer.appendString(prefix) }
            writer.appendString(id)
        } else {
            writer.appendString(prefix)
            writer.appendString(identity.requestID)
        }
        writer.endString()
    }

    /// Writes the member `model`: as the vendor said it, else as it was asked for.
    func writeModel(_ model: JSONString?, into writer: inout JSONWriter) {
        if let model, !model.isEmpty { writer.member("model", model) } else { writer.member("model", self.model) }
    }
}
