// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

/// A client that answers are written for: its API, and what it asks for that makes more of the answer.
struct GrowthClient: Sendable {
    let name: String
    /// Whether opaque state is wrapped on the way, and the exchange stored.
    var wrapsState = false
    private let whole: String
    private let streamed: String
    /// The members of the request besides `model` and `stream`, for answers with a number of elements.
    private let members: @Sendable (_ count: Int) -> String

    private init(
        _ name: String,
        _ whole: String,
        streamed: String? = nil,
        wrapsState: Bool = false,
        _ members: @escaping @Sendable (_ count: Int) -> String
    ) {
        self.name = name
        self.wrapsState = wrapsState
        self.whole = whole
        self.streamed = streamed ?? whole
        self.members = members
    }

    func path(isStreaming: Bool) -> String { isStreaming ? streamed : whole }

    func body(isStreaming: Bool, count: Int) -> String {
        let stream = isStreaming && whole == streamed ? #""stream":true,"# : ""
        return "{\(stream)\(members(count))}"
    }

    private static let chatPath = "/openai/v1/chat/completions"
    private static let geminiPath = "/gemini/v1beta/models/g:generateContent"
    private static let geminiStream = "/gemini/v1beta/models/g:streamGenerateContent"
    private static let messages = #""model":"g","messages":[{"role":"user","content":"Hi"}]"#
    private static let contents = #""contents":[{"role":"user","parts":[{"text":"Hi"}]}]"#

    /// Every client API, with every adaptation of its answers.
    static let all: [GrowthClient] = [
        GrowthClient("chat", chatPath) { _ in #"\#(messages),"logprobs":true,"stream_options":{"include_usage":true}"#
        },
        GrowthClient("mlflow", "/mlflow/v1/chat/completions") { _ in messages },
        GrowthClient("chat, stop sequences", chatPath) { n in
            #"\#(messages),"stop":[\#(list(min(n, 300)) { #""<stop \#($0)>""# })]"#
        },
        GrowthClient("chat, a long stop sequence", chatPath) { n in
            #"\#(messages),"stop":["\#(run(min(n, 500)) { _ in "<stop " })>"]"#
        },
        GrowthClient("chat, structured", chatPath) { _ in
            #"\#(messages),"response_format":{"type":"json_schema","json_schema":{"name":"a","schema":{"type":"object"}}}"#
        },
        GrowthClient("chat, JSON", chatPath) { _ in #"\#(messages),"response_format":{"type":"json_object"}"# },
        GrowthClient("chat, custom tool", chatPath) { _ in
            #"\#(messages),"tools":[{"type":"custom","custom":{"name":"f"}}]"#
        },
        GrowthClient("completions", "/openai/v1/completions") { _ in #""model":"g","prompt":"Hi""# },
        GrowthClient("responses", "/openai/v1/responses") { _ in
            #""model":"g","input":"Hi","store":false,"include":["message.output_text.logprobs","reasoning.encrypted_content"]"#
        },
        GrowthClient("responses, stored", "/openai/v1/responses", wrapsState: true) { n in
            #""model":"g","input":"Hi","tools":[\#(list(min(n, 1_000)) { #"{"type":"function","name":"f\#($0)","parameters":{"type":"object"},"strict":false}"# })]"#
        },
        GrowthClient("responses, namespaces", "/openai/v1/responses") { _ in
            #""model":"g","input":"Hi","store":false,"tools":[{"type":"namespace","name":"n","description":"d","tools":[{"type":"function","name":"f","parameters":{"type":"object"}}]},{"type":"custom","name":"c"}]"#
        },
        GrowthClient("messages", "/anthropic/v1/messages") { _ in #"\#(messages),"max_tokens":100"# },
        GrowthClient("messages, thoughts", "/anthropic/v1/messages", wrapsState: true) { _ in
            #"\#(messages),"max_tokens":10000,"thinking":{"type":"enabled","budget_tokens":2000}"#
        },
        GrowthClient("messages, hidden thoughts", "/anthropic/v1/messages") { _ in
            #"\#(messages),"max_tokens":10000,"thinking":{"type":"adaptive","display":"omitted"}"#
        },
        GrowthClient("messages, stop sequences", "/anthropic/v1/messages") { n in
            #"\#(messages),"max_tokens":100,"stop_sequences":[\#(list(min(n, 300)) { #""<stop \#($0)>""# })]"#
        },
        GrowthClient("messages, structured", "/anthropic/v1/messages") { _ in
            #"\#(messages),"max_tokens":100,"output_config":{"format":{"type":"json_schema","schema":{"type":"object"}}}"#
        },
        GrowthClient("gemini", geminiPath, streamed: "\(geminiStream)?alt=sse") { _ in
            #"\#(contents),"generationConfig":{"responseLogprobs":true,"logprobs":1,"thinkingConfig":{"includeThoughts":true}}"#
        },
        GrowthClient("gemini, array", geminiPath, streamed: geminiStream, wrapsState: true) { _ in contents },
        GrowthClient("gemini, choice", geminiPath, streamed: "\(geminiStream)?alt=sse") { _ in
            #"\#(contents),"generationConfig":{"responseMimeType":"text/x.enum","responseSchema":{"type":"STRING","enum":["a","b"]}}"#
        },
    ]
}
