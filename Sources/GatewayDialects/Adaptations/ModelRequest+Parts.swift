// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayJSON
import NIOCore

extension ModelRequest {
    /// Changes each part of each message.
    mutating func mapParts(_ change: (inout Message.Part) -> Void) {
        for message in messages.indices {
            for part in messages[message].parts.indices { change(&messages[message].parts[part]) }
        }
    }

    /// The ids of all tool calls.
    var callIDs: [JSONString] {
        messages.flatMap { $0.role == .assistant ? $0.parts.compactMap(\.toolCall?.id) : [] }
    }

    /// Leaves out the opaque state of one origin.
    ///
    /// - Returns: Whether there was any.
    mutating func withholdState(of origin: StateOrigin) -> Bool {
        var hasState = false
        mapParts { part in
            guard part.state?.origin == origin else { return }
            part.state = nil
            hasState = true
        }
        return hasState
    }
}

extension ModelRequest.ToolChoice {
    /// The choice with other names for its tools, each once; one that names none any more is left to the model.
    func mapNames(_ names: (JSONString) -> [JSONString]) -> ModelRequest.ToolChoice {
        switch self {
        case .auto, .none, .required: return self
        case .tool(let name):
            let found = names(name)
            if found.count == 1 { return .tool(found[0]) }
            return found.isEmpty ? .auto : .allowed(found, isRequired: true)
        case .allowed(let tools, let isRequired):
            var asked: Set<JSONString> = []
            var told: Set<JSONString> = []
            var found: [JSONString] = []
            for tool in tools where asked.insert(tool).inserted {
                for name in names(tool) where told.insert(name).inserted { found.append(name) }
            }
            return found.isEmpty ? .auto : .allowed(found, isRequired: isRequired)
        }
    }
}

extension Message.Arguments {
    /// The arguments as text.
    var jsonText: JSONString {
        switch self {
        case .text(let text): text
        case .object(let object): JSONString(String(buffer: object.bytes))
        }
    }
}
