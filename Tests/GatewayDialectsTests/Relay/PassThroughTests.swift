// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayDialects
import NIOCore
import Testing

@Suite("Answers about stored responses")
struct PassThroughTests {
    private static let long = String(repeating: "x", count: 40_000)

    @Test(
        "Only an answer that may quote an error counts as one, wherever it is cut",
        arguments: [
            (#"{"id":"resp_1","object":"response","status":"completed","error":null,"output":[]}"#, false),
            (#"{"id":"resp_1","metadata":{"status":"failed"},"status":"in_progress","error":null}"#, false),
            (#"{"instructions":"\"status\":\"failed\"","status":"completed"}"#, false),
            (#"{"object":"response","id":"resp_1","deleted":true}"#, false),
            (#"{"object":"list","data":[{"status":"failed"}]}"#, false),
            (#" {"id":"resp_1","status":"failed","error":{"message":"m"}}"#, true),
            (#"{"error":{"message":"m"},"status":"completed"}"#, true),
            (#"{"detail":"m"}"#, true),
            ("data: {}\n\n", true),
            ("", true),
            (#"{"status":"completed","text":""# + long + #""}"#, false),
            (#"{"text":""# + long + #"","status":"failed"}"#, true),
        ]
    )
    func errors(answer: String, isError: Bool) throws {
        for size in [1, 7, 1 << 20] {
            var transform = PassThrough()
            var rest = ByteBuffer(string: answer)
            var output = ByteBuffer()
            var decided: Bool?
            while rest.readableBytes > 0, var piece = rest.readSlice(length: min(size, rest.readableBytes)) {
                piece = try transform.consume(piece)
                // What is said with the first bytes that go out must stay true.
                if piece.readableBytes > 0, decided == nil { decided = transform.mayQuoteError }
                output.writeBuffer(&piece)
            }
            var last = try transform.finish()
            output.writeBuffer(&last)
            #expect(String(buffer: output) == answer)
            #expect(transform.mayQuoteError == isError)
            #expect(decided ?? isError == isError)
        }
    }
}
