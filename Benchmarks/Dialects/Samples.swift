// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import NIOCore

/// The requests and answers that the benchmark feeds, of the shapes that the vendors send.
enum Samples {
    private static let words = [
        "Gatehouse", "relays", "every", "event", "as", "soon", "as", "it", "comes,", "and", "counts", "what", "it",
        "delivers.",
    ]

    static let chatRequest = ByteBuffer(
        string: #"{"model":"system.ai.gpt-5","messages":[{"role":"system","content":"You are a helpful assistant."},"#
            + #"{"role":"user","content":"What is a gateway?"}],"max_tokens":128,"temperature":0.2}"#
    )

    static let streamRequest = ByteBuffer(
        string: #"{"model":"system.ai.gpt-5","messages":[{"role":"system","content":"You are a helpful assistant."},"#
            + #"{"role":"user","content":"What is a gateway?"}],"max_tokens":128,"stream":true}"#
    )

    static func request(promptBytes: Int) -> ByteBuffer {
        let sentence = "The quick brown fox jumps over the lazy dog. "
        let prompt = String(repeating: sentence, count: promptBytes / sentence.utf8.count)
        return ByteBuffer(
            string: #"{"model":"system.ai.gpt-5","messages":[{"role":"user","content":""# + prompt
                + #""}],"max_tokens":128}"#
        )
    }

    static let chatResponse = ByteBuffer(
        string:
            #"{"id":"chatcmpl-abc123","object":"chat.completion","created":1698824353,"model":"gpt-5","choices":[{"index":0,"#
            + #""message":{"role":"assistant","content":"A gateway stands between two networks and lets through what may pass."},"#
            + #""finish_reason":"stop"}],"usage":{"prompt_tokens":27,"completion_tokens":74,"total_tokens":101}}"#
    )

    static let anthropicResponse = ByteBuffer(
        string:
            #"{"id":"msg_abc123","type":"message","role":"assistant","model":"claude","content":[{"type":"text","text":"#
            + #""A gateway stands between two networks and lets through what may pass."}],"stop_reason":"end_turn","#
            + #""stop_sequence":null,"usage":{"input_tokens":27,"output_tokens":74}}"#
    )

    static let embeddings: ByteBuffer = {
        let numbers = (0..<1536).map { "-0.0\(1_234_567 + $0 * 4321)" }.joined(separator: ", ")
        return ByteBuffer(
            string: #"{"object":"list","data":[{"object":"embedding","index":0,"embedding":[\#(numbers)]}],"#
                + #""model":"text-embedding-3","usage":{"prompt_tokens":5,"total_tokens":5}}"#
        )
    }()

    static let chatStream: [ByteBuffer] = {
        let head =
            #"{"id": "chatcmpl-abc123", "object": "chat.completion.chunk", "created": 1698824353, "model": "gpt-5", "choices": "#
        var events: [String] = []
        for index in 0..<64 {
            let role = index == 0 ? #", "role": "assistant""# : ""
            events.append(
                head
                    + #"[{"index": 0, "delta": {"content": "\#(words[index % words.count]) "\#(role)}, "finish_reason": null}]}"#
            )
        }
        events.append(head + #"[{"index": 0, "delta": {}, "finish_reason": "stop"}]}"#)
        events.append(head + #"[], "usage": {"prompt_tokens": 27, "completion_tokens": 74, "total_tokens": 101}}"#)
        events.append("[DONE]")
        return events.map { ByteBuffer(string: "data: \($0)\n\n") }
    }()

    static let anthropicStream: [ByteBuffer] = {
        var events: [(String, String)] = [
            (
                "message_start",
                #"{"type": "message_start", "message": {"id": "msg_abc123", "type": "message", "role": "assistant", "model": "claude", "content": [], "stop_reason": null, "stop_sequence": null, "usage": {"input_tokens": 27, "output_tokens": 1}}}"#
            ),
            (
                "content_block_start",
                #"{"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}}"#
            ),
        ]
        for index in 0..<64 {
            let text = words[index % words.count]
            events.append(
                (
                    "content_block_delta",
                    #"{"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "\#(text) "}}"#
                )
            )
        }
        events += [
            ("content_block_stop", #"{"type": "content_block_stop", "index": 0}"#),
            (
                "message_delta",
                #"{"type": "message_delta", "delta": {"stop_reason": "end_turn", "stop_sequence": null}, "usage": {"output_tokens": 74}}"#
            ),
            ("message_stop", #"{"type": "message_stop"}"#),
        ]
        return events.map { ByteBuffer(string: "event: \($0.0)\ndata: \($0.1)\n\n") }
    }()

    static let geminiStream: [ByteBuffer] = (0..<64).map { index in
        let finish = index == 63 ? #","finishReason":"STOP""# : ""
        return ByteBuffer(
            string:
                #"data: {"candidates":[{"content":{"parts":[{"text":"\#(words[index % words.count]) "}],"role":"model"}\#(finish),"index":0}],"#
                + #""usageMetadata":{"promptTokenCount":27,"candidatesTokenCount":\#(index + 1),"totalTokenCount":\#(28 + index)},"#
                + #""modelVersion":"gemini-3-pro","responseId":"abc123"}"# + "\r\n\r\n"
        )
    }

    static func joined(_ buffers: [ByteBuffer]) -> ByteBuffer {
        buffers.reduce(into: ByteBuffer()) { $0.writeImmutableBuffer($1) }
    }
}
