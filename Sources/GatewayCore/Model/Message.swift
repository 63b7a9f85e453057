// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import GatewayJSON

/// One turn of a conversation.
package struct Message: Sendable {
    package enum Role: Sendable, Equatable {
        case system
        case user
        case assistant
    }

    package var role: Role
    package var parts: [Part]

    package init(role: Role, parts: [Part]) {
        self.role = role
        self.parts = parts
    }

    /// A piece of a turn.
    ///
    /// More kinds follow; an encoder refuses, or names in a warning, what its format cannot say.
    package enum Part: Sendable {
        case text(JSONString)
        /// In assistant turns.
        case toolCall(ToolCall)
        /// In user turns. Formats that demand another place or grouping for results are served by their encoder.
        case toolResult(ToolResult)
    }

    package struct ToolCall: Sendable {
        /// Unique in the conversation; made by the gateway where a format has none.
        package var id: JSONString
        package var name: JSONString
        /// A JSON object.
        package var arguments: Arguments

        package init(id: JSONString, name: JSONString, arguments: Arguments) {
            self.id = id
            self.name = name
            self.arguments = arguments
        }
    }

    /// The arguments of a call: some formats carry an object, others a string that holds one.
    package enum Arguments: Sendable {
        case object(JSONValue)
        /// The text of a JSON object, possibly empty or broken, as a model or a client wrote it.
        case text(JSONString)
    }

    package struct ToolResult: Sendable {
        package var callID: JSONString
        /// Needed by formats that match results by name; encoders look it up in the conversation when nil.
        package var name: JSONString?
        package var parts: [Part]
        package var isError: Bool

        package init(callID: JSONString, name: JSONString? = nil, parts: [Part], isError: Bool = false) {
            self.callID = callID
            self.name = name
            self.parts = parts
            self.isError = isError
        }
    }
}
