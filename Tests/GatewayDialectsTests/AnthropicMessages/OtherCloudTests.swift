// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayDialects
import NIOCore
import Testing

@Suite("Messages in other vendors' clouds")
struct OtherCloudTests {
    private func relayed(
        _ body: String,
        beta: NameFilter = .all,
        version: String? = nil
    ) throws -> (body: String, dropped: [String]) {
        let dialects = Dialects()
        let route = try #require(dialects.route("/anthropic/v1/messages"))
        var traits = UpstreamTraits()
        traits.anthropicVersion = version
        let translation = try dialects.translate(
            try dialects.envelope(of: route, body: ByteBuffer(string: body)),
            to: TranslationTarget(
                format: .anthropicMessages,
                model: "upstream",
                limits: ModelLimits(),
                defaultMaximumOutput: 1024,
                traits: traits,
                anthropicBeta: beta
            ),
            answer: AnswerIdentity(requestID: "r", created: 0)
        )
        return (translation.body.map { String(buffer: $0) }.joined(), translation.dropped)
    }

    @Test(
        "Flags in the body pass one by one, and the member goes where none does (client-01)",
        arguments: [
            (
                #"{"model":"m","anthropic_beta":["a-1","b-2"],"x":1}"#,
                #"{"model":"upstream","anthropic_beta":["a-1"],"x":1}"#
            ),
            (#"{"model":"m","anthropic_beta":["b-2"],"x":1}"#, #"{"model":"upstream","x":1}"#),
            (#"{"anthropic_beta":["b-2",3],"model":"m"}"#, #"{"model":"upstream"}"#),
            (
                #"{"model":"m","anthropic_beta":["a-1", "a-2"]}"#,
                #"{"model":"upstream","anthropic_beta":["a-1", "a-2"]}"#
            ),
            (#"{"model":"m","anthropic_beta":"b-2"}"#, #"{"model":"upstream","anthropic_beta":"b-2"}"#),
        ]
    )
    func flags(_ body: String, _ expected: String) throws {
        let relayed = try relayed(body, beta: NameFilter(allow: ["a-*"]))
        #expect(relayed.body == expected)
        #expect(
            relayed.dropped == (body.contains(#"["b-2""#) || body.contains(#","b-2""#) ? ["anthropic_beta b-2"] : [])
        )
    }

    @Test(
        "client-14: A field goes with its flag or stays behind with it, and one that the answer depends on is refused"
    )
    func fieldsOfFlags() throws {
        let body = #"{"model":"m","context_management":{"edits":[]},"x":1}"#
        let without = try relayed(body, beta: .none)
        #expect(without.body == #"{"model":"upstream","x":1}"#)
        #expect(without.dropped == ["context_management"])
        let with = try relayed(body, beta: NameFilter(allow: ["context-management-*"]))
        #expect(with.body == body.replacing(#""m""#, with: #""upstream""#) && with.dropped.isEmpty)
        for field in [#""mcp_servers":[{"type":"url","url":"https://x","name":"x"}]"#, #""container":{"skills":[]}"#] {
            let error = #expect(throws: GatewayError.self) {
                try relayed(#"{"model":"m",\#(field)}"#, beta: NameFilter(allow: ["a-*"]))
            }
            #expect(error?.status == 400 && error?.message.contains("beta flag") == true)
        }
    }

    @Test("To Anthropic itself nothing changes but the model")
    func native() throws {
        let relayed = try relayed(#"{"model":"m", "anthropic_beta":["zzz"] }"#)
        #expect(relayed.body == #"{"model":"upstream", "anthropic_beta":["zzz"] }"#)
        #expect(relayed.dropped == [])
    }

    @Test(
        "A version stands in place of the model, and of the client's own version",
        arguments: [
            (#"{"model":"m","x":1}"#, #"{"anthropic_version":"v-1","x":1}"#),
            (#"{"x":1, "model" : "m"}"#, #"{"x":1, "anthropic_version":"v-1"}"#),
            (#"{"anthropic_version":"old","model":"m","x":1}"#, #"{"anthropic_version":"v-1","x":1}"#),
            (#"{"model":"m","anthropic_version":"old"}"#, #"{"anthropic_version":"v-1"}"#),
            (#"{"anthropic_beta":["b"],"model":"m","anthropic_version":"old"}"#, #"{"anthropic_version":"v-1"}"#),
        ]
    )
    func version(_ body: String, _ expected: String) throws {
        #expect(try relayed(body, beta: .none, version: "v-1").body == expected)
    }
}
