// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import Foundation
import GatewayCore
import GatewayDialects
import GatewayJSON
import NIOCore
import Testing

/// One conversation, written in each client's format: a thought with its state, a text and two calls at once, results with a picture and with a failure, and
/// what came after.
///
/// `GATEHOUSE_WRITE_GOLDENS=1 swift test --filter ToolLoopTests` writes the bodies in `Translations/Requests` anew.
@Suite("A tool loop from every client to every upstream")
struct ToolLoopTests {
    static let origin = StateOrigin(service: "main.providers.x", model: "m")
    static let clients = ClientFrame.all
    static let upstreams = FieldTarget.all

    /// What a thought's state is to an upstream that mints one for thoughts.
    private static func kind(_ format: WireFormat) -> OpaqueState.Kind {
        switch format {
        case .anthropicMessages, .bedrockConverse: .signature
        case .openAIResponses: .encrypted
        default: .thought
        }
    }

    private static func name(_ format: WireFormat) -> String {
        switch format {
        case .openAIChat: "chat"
        case .openAIResponses: "responses"
        case .anthropicMessages: "messages"
        case .bedrockConverse: "converse"
        default: "contents"
        }
    }

    /// The conversation as the upstream gets it, with states that `origin` minted.
    private static func encode(
        _ client: ClientFrame,
        _ upstream: FieldTarget,
        statesFrom origin: StateOrigin = origin
    ) throws -> (text: String, dropped: [String]) {
        let thought = OpaqueState(kind(upstream.format), "U1RBVEUx", from: origin).wrapped
        let call = OpaqueState(.thought, "U1RBVEUy", from: origin).wrapped
        let body = String(buffer: try Fixtures.bytes("Conversations/\(name(client.format)).json"))
            .replacing("STATE-1", with: thought).replacing("STATE-2", with: call)
        var dropped = DroppedMembers()
        let dialect = Dialects.all.first { $0.format == client.format }
        var request = try #require(dialect as? any ClientDialect).decodeRequest(
            Calls.envelope(client.path, ByteBuffer(string: body)),
            dropped: &dropped
        )
        request.model = upstream.model
        request.origin = client.format
        let target = TranslationTarget(
            format: upstream.format,
            model: upstream.model,
            limits: ModelLimits(),
            defaultMaximumOutput: 1_000,
            origin: Self.origin
        )
        let encoder = Dialects.all.first { $0.format == upstream.format }
        let written = try #require(encoder as? any UpstreamDialect)
            .encodeRequest(request, to: target, dropped: &dropped)
        return (String(buffer: written), dropped.names)
    }

    @Test(
        "tools-01 tools-02 tools-03 tools-09: Every text, argument and picture arrives once and in order, and results find their calls",
        arguments: clients,
        upstreams
    )
    func everythingArrives(client: ClientFrame, upstream: FieldTarget) throws {
        let (text, dropped) = try Self.encode(client, upstream)
        let body = try JSONValue(validating: ByteBuffer(string: text))
        // A picture of a result stands behind all results where results are texts.
        let results =
            upstream.format == .openAIChat ? ["RES-1", "RES-2", "SU1HMg=="] : ["RES-1", "SU1HMg==", "RES-2"]
        let marks = ["ASK-1", "SU1HMQ==", "SAY-1", "ARG-1", "ARG-2"] + results + ["SAY-2", "ASK-2"]
        #expect(text.ranges(of: "SYS-1").count == 1)
        for mark in marks { #expect(text.ranges(of: mark).count == 1, "\(mark) in \(text)") }
        let places = marks.compactMap { text.firstRange(of: $0)?.lowerBound }
        #expect(places == places.sorted(), "\(text)")
        let loop = ToolLoop(body, upstream.format)
        #expect(loop.calls.map(\.name) == ["look", "find"])
        #expect(loop.calls.map(\.id) == loop.results)
        #expect(Set(loop.results).count == 2)
        #expect(!text.contains("gatehouse1_"))
        #expect(loop.results.allSatisfy { $0.utf8.count <= 64 })
        // Whether a result is a failure can be said by two formats.
        let saysFailure = client.format == .anthropicMessages || client.format == .geminiGenerateContent
        if saysFailure { #expect(loop.hasFailure || dropped.contains { $0.contains("is_error") }, "\(text)") }
        if !saysFailure { #expect(!loop.hasFailure) }
    }

    @Test(
        "reasoning-02 reasoning-04 reasoning-07: States go back to where they came from",
        arguments: clients,
        upstreams
    )
    func ownStates(client: ClientFrame, upstream: FieldTarget) throws {
        let (text, _) = try Self.encode(client, upstream)
        let thoughts = text.ranges(of: "U1RBVEUx").count
        switch upstream.format {
        case .openAIChat: #expect(thoughts <= 1)
        default: #expect(thoughts == 1, "\(text)")
        }
        // Google's models behind the chat format sign calls as well.
        let signsCalls = upstream.format == .geminiGenerateContent || upstream.format == .openAIChat
        #expect(text.ranges(of: "U1RBVEUy").count == (signsCalls ? 1 : 0))
        let thoughtText = text.ranges(of: "THINK-1").count
        #expect(upstream.format == .openAIChat ? thoughtText <= 1 : thoughtText == 1, "\(text)")
    }

    @Test(
        "reasoning-02 reasoning-04 reasoning-07: States of others stay out, and the rest arrives",
        arguments: clients,
        upstreams
    )
    func foreignStates(client: ClientFrame, upstream: FieldTarget) throws {
        let (text, _) = try Self.encode(client, upstream, statesFrom: StateOrigin(tag: 99))
        #expect(!text.contains("U1RBVEU") && !text.contains("gatehouse1_"), "\(text)")
        for mark in ["ASK-1", "SAY-1", "ARG-1", "ARG-2", "RES-1", "RES-2", "SU1HMg==", "SAY-2", "ASK-2"] {
            #expect(text.ranges(of: mark).count == 1, "\(mark) in \(text)")
        }
        let loop = ToolLoop(try JSONValue(validating: ByteBuffer(string: text)), upstream.format)
        #expect(loop.calls.map(\.id) == loop.results)
    }

    @Test("The upstream's body is the one that was checked by hand", arguments: clients, upstreams)
    func goldens(client: ClientFrame, upstream: FieldTarget) throws {
        let (text, _) = try Self.encode(client, upstream)
        let path = "Translations/Requests/\(Self.name(client.format))-to-\(Self.name(upstream.format)).json"
        let object = try JSONSerialization.jsonObject(with: Data(text.utf8))
        if ProcessInfo.processInfo.environment["GATEHOUSE_WRITE_GOLDENS"] != nil {
            let pretty = try JSONSerialization.data(
                withJSONObject: object,
                options: [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
            )
            try Fixtures.write(pretty + Data("\n".utf8), to: path)
        }
        #expect(try canonical(text) == canonical(Fixtures.bytes(path)), "\(path)")
    }
}

/// The calls and the results in an upstream's body.
private struct ToolLoop {
    var calls: [(id: String, name: String)] = []
    var results: [String] = []
    /// Whether a result says that its tool failed.
    var hasFailure = false

    init(_ body: JSONValue, _ format: WireFormat) {
        switch format {
        case .openAIChat:
            for message in body["messages"]?.array.map(Array.init) ?? [] {
                for call in message["tool_calls"]?.array.map(Array.init) ?? [] {
                    add(call["id"], call["function"]?["name"])
                }
                if let id = message["tool_call_id"]?.string { results.append(id) }
            }
        case .openAIResponses:
            for item in body["input"]?.array.map(Array.init) ?? [] {
                switch item["type"]?.string {
                case "function_call": add(item["call_id"], item["name"])
                case "function_call_output": results.append(item["call_id"]?.string ?? "")
                default: break
                }
            }
        case .anthropicMessages:
            for message in body["messages"]?.array.map(Array.init) ?? [] {
                for block in message["content"]?.array.map(Array.init) ?? [] {
                    switch block["type"]?.string {
                    case "tool_use": add(block["id"], block["name"])
                    case "tool_result":
                        results.append(block["tool_use_id"]?.string ?? "")
                        if block["is_error"]?.bool == true { hasFailure = true }
                    default: break
                    }
                }
            }
        case .bedrockConverse:
            for message in body["messages"]?.array.map(Array.init) ?? [] {
                for block in message["content"]?.array.map(Array.init) ?? [] {
                    if let call = block["toolUse"] { add(call["toolUseId"], call["name"]) }
                    guard let result = block["toolResult"] else { continue }
                    results.append(result["toolUseId"]?.string ?? "")
                    if result["status"]?.string == "error" { hasFailure = true }
                }
            }
        default:
            for content in body["contents"]?.array.map(Array.init) ?? [] {
                for part in content["parts"]?.array.map(Array.init) ?? [] {
                    if let call = part["functionCall"] { add(call["id"], call["name"]) }
                    guard let response = part["functionResponse"] else { continue }
                    results.append(response["id"]?.string ?? "")
                    if response["response"]?["error"] != nil { hasFailure = true }
                }
            }
        }
    }

    private mutating func add(_ id: JSONValue?, _ name: JSONValue?) {
        calls.append((id?.string ?? "", name?.string ?? ""))
    }
}
