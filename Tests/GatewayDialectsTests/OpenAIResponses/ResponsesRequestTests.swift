// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayDialects
import GatewayJSON
import NIOCore
import Testing

/// A Responses request as the hub has it.
struct ReadRequest {
    let request: ModelRequest
    let dropped: [String]

    init(_ body: String) throws(GatewayError) {
        var dropped = DroppedMembers()
        var request = try OpenAIResponses().decodeRequest(
            Calls.envelope("/openai/v1/responses", ByteBuffer(string: body)),
            dropped: &dropped
        )
        request.origin = .openAIResponses
        self.request = request
        self.dropped = dropped.names
    }

    init(input: String, _ members: String = "") throws(GatewayError) {
        try self.init(#"{"model":"m","input":\#(input)\#(members)}"#)
    }

    /// The request written again in the same format.
    func written() throws -> JSONValue {
        var dropped = DroppedMembers()
        let body = try OpenAIResponses().encodeRequest(
            request,
            to: TranslationTarget(
                format: .openAIResponses,
                model: "gpt-5",
                limits: ModelLimits(),
                defaultMaximumOutput: 1,
                origin: WrittenResponse.origin
            ),
            dropped: &dropped
        )
        #expect(dropped.names.isEmpty)
        return try JSONValue(validating: body)
    }
}

@Suite("Responses requests")
struct ResponsesRequestTests {
    @Test(
        "cache-01: Nothing of a request with everything is lost on the way through the hub, and it is the same each time"
    )
    func roundTrip() throws {
        let body = String(buffer: try Fixtures.bytes("OpenAIResponses/everything.request.json"))
            .replacing(
                "ENCRYPTED",
                with: OpaqueState(.encrypted, "c2VjcmV0", from: WrittenResponse.origin, itemID: "rs_1").wrapped
            )
        let read = try ReadRequest(body)
        #expect(read.dropped.isEmpty)
        let written = try read.written()
        let expected = try Fixtures.bytes("OpenAIResponses/everything.written.json")
        #expect(try canonical(written.bytes) == canonical(expected))
        #expect(try ReadRequest(body).written() == written)
        // What was written means the same when it is read.
        let again = try ReadRequest(
            String(buffer: written.bytes).replacing(
                "c2VjcmV0",
                with: OpaqueState(.encrypted, "c2VjcmV0", from: WrittenResponse.origin, itemID: "rs_1").wrapped
            )
        )
        #expect(try canonical(again.written().bytes) == canonical(expected))
    }

    @Test("tools-09: Calls keep the id of the call and that of the item; results find their calls")
    func ids() throws {
        let items =
            (1...4).flatMap { number in
                [
                    #"{"type":"function_call","id":"fc_\#(number)","call_id":"call_\#(number)","name":"f\#(number)","arguments":"{}"}"#
                ]
            }
            + (1...4).reversed().map { #"{"type":"function_call_output","call_id":"call_\#($0)","output":"r\#($0)"}"# }
        let body =
            #"{"model":"m","input":["# + ([#"{"role":"user","content":"go"}"#] + items).joined(separator: ",") + "]}"
        let read = try ReadRequest(body)
        let calls = read.request.messages.flatMap(\.parts).compactMap(\.toolCall)
        #expect(calls.map(\.id) == ["call_1", "call_2", "call_3", "call_4"])
        #expect(calls.compactMap(\.itemID) == ["fc_1", "fc_2", "fc_3", "fc_4"])
        // In chat: one turn of four calls, then four results.
        let chat = try JSONValue(validating: Calls.translate("/openai/v1/responses", body, to: .openAIChat).joinedBody)
        let messages = try #require(chat["messages"]?.array.map(Array.init))
        #expect(messages.compactMap { $0["role"]?.string } == ["user", "assistant", "tool", "tool", "tool", "tool"])
        #expect(
            messages[1]["tool_calls"]?.array?.compactMap { $0["id"]?.string } == [
                "call_1", "call_2", "call_3", "call_4",
            ]
        )
        #expect(
            messages.compactMap { $0["tool_call_id"]?.string }.sorted() == ["call_1", "call_2", "call_3", "call_4"]
        )
    }

    @Test("tools-07: Items that only OpenAI could use are left out and named")
    func hostedItems() throws {
        let read = try ReadRequest(
            input: #"""
                [{"role":"user","content":"go"},{"type":"web_search_call","id":"ws_1","status":"completed","action":{}},
                 {"type":"future thing","x":1},
                 {"type":"mcp_call","id":"m","name":"n","arguments":"{}","server_label":"s"},
                 {"type":"message","role":"user","content":[{"type":"input_text","text":"a"},{"type":"hologram"}]}]
                """#
        )
        #expect(
            read.dropped == [
                "input[].web_search_call", "input[].future?thing", "input[].mcp_call",
                "input[].content[].hologram",
            ]
        )
        #expect(read.request.messages.count == 2)
    }

    @Test("tools-04: Pictures and files of results and messages keep their bytes")
    func media() throws {
        let picture = #"{"type":"input_image","image_url":"data:image/png;base64,iVBO\/w==","detail":"high"}"#
        let read = try ReadRequest(
            input: #"""
                [{"role":"user","content":[\#(picture),{"type":"input_file","file_url":"https://a.example/b.pdf"},
                {"type":"input_file","filename":"c.pdf","file_data":"data:application/pdf;base64,JVBE"},
                {"type":"input_audio","input_audio":{"data":"UklG","format":"wav"}},{"type":"input_image","file_id":"file-1"}]},
                {"type":"function_call","call_id":"c","name":"f","arguments":"{}"},
                {"type":"function_call_output","call_id":"c","output":[{"type":"input_text","text":"seen"},\#(picture)]}]
                """#
        )
        let media = read.request.messages[0].parts.compactMap(\.media)
        #expect(media.map(\.kind) == [.image, .document, .document, .audio, .image])
        let result = try #require(read.request.messages[2].parts.first?.toolResult)
        for media in [media[0], try #require(result.parts[1].media)] {
            guard case .base64(let type, let data) = media.source else {
                throw GatewayError(.internalFailure, "no data")
            }
            #expect(type == "image/png")
            #expect(data == "iVBO/w==")
            #expect(media.detail == "high")
        }
        let items = try #require(try read.written()["input"]?.array.map(Array.init))
        let output = try #require(items[2]["output"]?.array.map(Array.init))
        #expect(output[1]["image_url"]?.string == "data:image/png;base64,iVBO/w==")
    }

    @Test("reasoning-04 reasoning-07: A thought goes back to its origin only, and never without what came of it")
    func reasoning() throws {
        func input(_ origin: StateOrigin, _ rest: String) throws -> ReadRequest {
            let state = OpaqueState(.encrypted, "c2VjcmV0+/8=", from: origin, itemID: "rs_1")
            return try ReadRequest(
                input: #"""
                    [{"role":"user","content":"go"},
                    {"type":"reasoning","id":"x","summary":[{"type":"summary_text","text":"s"}],"encrypted_content":"\#(state.wrapped)"}\#(rest)]
                    """#
            )
        }
        let call = #",{"type":"function_call","call_id":"c","name":"f","arguments":"{}"}"#
        let own = try #require(try input(WrittenResponse.origin, call).written()["input"]?.array.map(Array.init))
        #expect(own.map { $0["type"]?.string } == ["message", "reasoning", "function_call"])
        #expect(own[1]["id"]?.string == "rs_1")
        #expect(own[1]["encrypted_content"]?.string == "c2VjcmV0+/8=")
        for read in [
            try input(StateOrigin(tag: 5), call), try input(WrittenResponse.origin, ""),
            try input(WrittenResponse.origin, #",{"role":"user","content":"more"}"#),
        ] {
            var dropped = DroppedMembers()
            let target = TranslationTarget(
                format: .openAIResponses,
                model: "gpt-5",
                limits: ModelLimits(),
                defaultMaximumOutput: 1,
                origin: WrittenResponse.origin
            )
            let body = try OpenAIResponses().encodeRequest(read.request, to: target, dropped: &dropped)
            #expect(dropped.names == ["reasoning"])
            #expect(!String(buffer: body).contains("rs_1"))
        }
        // What no gateway wrapped was minted for no target of a translation.
        let raw = try ReadRequest(
            input:
                #"[{"type":"reasoning","id":"rs_2","summary":[],"encrypted_content":"gAAAA"},{"role":"assistant","content":"a"},{"role":"user","content":"b"}]"#
        )
        #expect(raw.request.messages[0].parts.count == 1)
    }

    @Test(
        "What is wrong is named",
        arguments: [
            (#"{"model":"m"}"#, "input"), (#"{"model":"m","input":7}"#, "input"),
            (#"{"model":"m","input":[]}"#, "input"),
            (#"{"model":"m","input":[7]}"#, "input[0]"),
            (#"{"model":"m","input":[{"role":"robot","content":"x"}]}"#, "input[0].role"),
            (#"{"model":"m","input":[{"role":"user"}]}"#, "input[0].content"),
            (#"{"model":"m","input":[{"type":"item_reference","id":"x"}]}"#, "input[0]"),
            (#"{"model":"m","input":[{"id":"x"}]}"#, "input[0]"),
            (#"{"model":"m","input":[{"type":"function_call","name":"f","arguments":"{}"}]}"#, "input[0].call_id"),
            (#"{"model":"m","input":[{"type":"function_call_output","call_id":"c"}]}"#, "input[0].output"),
            (
                #"{"model":"m","input":[{"role":"user","content":[{"type":"input_image","image_url":"data:image/png,x"}]}]}"#,
                "input[0].content[0].image_url"
            ),
            (#"{"model":"m","input":"x","previous_response_id":"resp_1"}"#, "previous_response_id"),
            (#"{"model":"m","input":"x","conversation":"c"}"#, "conversation"),
            (#"{"model":"m","input":"x","prompt":{"id":"p"}}"#, "prompt"),
            (#"{"model":"m","input":"x","background":true}"#, "background"),
            (#"{"model":"m","input":"x","max_output_tokens":0}"#, "max_output_tokens"),
            (#"{"model":"m","input":"x","reasoning":{"effort":"huge"}}"#, "reasoning.effort"),
            (#"{"model":"m","input":"x","text":{"format":{"type":"xml"}}}"#, "text.format.type"),
            (#"{"model":"m","input":"x","tools":[{"type":"function"}]}"#, "tools[0].name"),
            (
                #"{"model":"m","input":"x","tools":[{"type":"namespace","name":"n","tools":[{"type":"function"}]}]}"#,
                "tools[0].tools[0].name"
            ),
            (#"{"model":"m","input":"x","tool_choice":"maybe"}"#, "tool_choice"),
            (#"{"model":"m","input":"x","input":"y"}"#, "input"),
        ]
    )
    func errors(body: String, parameter: String) {
        let error = #expect(throws: GatewayError.self) { _ = try ReadRequest(body) }
        #expect(error?.code == .invalidRequest)
        #expect(error?.parameter == parameter)
    }

    @Test(
        "Every form of a choice of tools",
        arguments: [
            (#""none""#, ModelRequest.ToolChoice.none), (#""required""#, .required),
            (#"{"type":"function","name":"f"}"#, .tool("f")),
            (#"{"type":"custom","name":"p"}"#, .tool("p")), (#"{"type":"web_search"}"#, .tool("web_search")),
            (#"{"type":"mcp","server_label":"s"}"#, .tool("s")),
            (
                #"{"type":"allowed_tools","mode":"required","tools":[{"type":"function","name":"f"},{"type":"custom","name":"p"}]}"#,
                .allowed(["f", "p"], isRequired: true)
            ),
        ]
    )
    func toolChoice(choice: String, expected: ModelRequest.ToolChoice) throws {
        let tools =
            #","tools":[{"type":"function","name":"f"},{"type":"custom","name":"p"},{"type":"web_search"},{"type":"mcp","server_label":"s"}]"#
        let read = try ReadRequest(input: #""x""#, #"\#(tools),"tool_choice":\#(choice)"#)
        #expect(read.request.toolChoice == expected)
        #expect(try canonical(read.written()["tool_choice"]?.bytes ?? ByteBuffer()) == canonical(choice))
    }
}
