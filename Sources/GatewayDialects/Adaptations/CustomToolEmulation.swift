// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayJSON
import NIOCore

/// Offers tools that take free text as functions with one text, `input`; a grammar is told in the description (tools-07).
///
/// Calls of earlier turns become calls of the function; those of the answer are unwrapped to their text, in streams as it comes.
struct CustomToolEmulation: Adaptation {
    private var names: Set<JSONString> = []
    /// What reads the open call of each candidate.
    private var open: [Int: WrappedText] = [:]

    static let concerns: RequestContents = .customTools

    static func adapt(
        _ request: inout ModelRequest,
        to target: TranslationTarget,
        _ features: UpstreamFeatures,
        dropped: inout DroppedMembers
    ) throws(GatewayError) -> (any Adaptation)? {
        guard !features.contains(.customTools) else { return nil }
        var emulation = CustomToolEmulation()
        for (index, tool) in request.tools.enumerated() {
            guard case .custom(let format) = tool.kind else { continue }
            emulation.names.insert(tool.name)
            request.tools[index] = function(for: tool, CustomToolFormat(format))
        }
        request.mapParts { part in
            switch part.content {
            case .toolCall(var call) where call.isCustom:
                let text = call.arguments.jsonText
                call.isCustom = false
                call.arguments = .object(JSONValue { $0.object { $0.member("input", text) } })
                part.content = .toolCall(call)
            case .toolResult(var result) where result.isCustom:
                result.isCustom = false
                part.content = .toolResult(result)
            default: break
            }
        }
        return emulation.names.isEmpty ? nil : emulation
    }

    private static func function(for tool: ModelRequest.Tool, _ grammar: CustomToolFormat?) -> ModelRequest.Tool {
        var function = tool
        function.kind = .function
        function.isStrict = nil
        function.parameters = JSONValue {
            $0.raw(
                #"{"type":"object","properties":{"input":{"type":"string","description":"The whole input of the tool, as plain text."}},"required":["input"],"additionalProperties":false}"#
            )
        }
        guard let grammar else { return function }
        let rule =
            grammar.syntax == "regex"
            ? "The input must match this regular expression:"
            : "The input must follow this grammar (\(grammar.syntax.string.prefix(16))):"
        let texts = [tool.description?.string, "\(rule)\n\(grammar.definition.string)"].compactMap { $0 }
        function.description = JSONString(texts.joined(separator: "\n\n"))
        return function
    }

    mutating func undo(_ event: ModelEvent, into events: inout [ModelEvent]) {
        switch event {
        case .partStart(let index, .toolCall(var call, let state)) where names.contains(call.name):
            call.isCustom = true
            open[index] = WrappedText()
            events.append(.partStart(candidate: index, .toolCall(call, state: state)))
        case .toolArguments(let index, let text) where open[index] != nil:
            let words = open[index]?.read(text.string) ?? ""
            if !words.isEmpty { events.append(.toolArguments(candidate: index, JSONString(words))) }
        case .partEnd(let index):
            if var reader = open.removeValue(forKey: index) {
                let words = reader.finish()
                if !words.isEmpty { events.append(.toolArguments(candidate: index, JSONString(words))) }
            }
            events.append(event)
        default: events.append(event)
        }
    }
}
