// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore

extension RequestElement {
    private static func body(_ messages: String, _ more: String = "") -> String {
        #"{"model":"gpt-5","max_tokens":100,"messages":[\#(messages)]\#(more.isEmpty ? "" : ",")\#(more)}"#
    }

    private static func assistant(_ members: String) -> String {
        #"{"role":"user","content":"Hello"},{"role":"assistant",\#(members)},{"role":"user","content":"Go on"}"#
    }

    private static func call(_ index: Int, id: String? = nil) -> String {
        #"{"id":"\#(id ?? "call_\(index)")","type":"function","function":{"name":"f\#(index)","arguments":"{\"a\":1}"}}"#
    }

    private static func result(_ index: Int) -> String {
        #"{"role":"tool","tool_call_id":"call_\#(index)","content":"r"}"#
    }

    private static func tool(_ index: Int, _ parameters: String = #"{"type":"object","properties":{}}"#) -> String {
        #"{"type":"function","function":{"name":"f\#(index)","description":"d","parameters":\#(parameters)}}"#
    }

    private static let hello = #"{"role":"user","content":"Hello"}"#

    /// The repeated elements of OpenAI's chat.
    static let chat: [RequestElement] =
        [
            RequestElement(.chat, "messages") { n in
                body(list(n) { #"{"role":"\#($0 % 2 == 0 ? "user" : "assistant")","content":"Hello"}"# } + "," + hello)
            },
            RequestElement(.chat, "messages of the user") { n in body(list(n) { _ in hello }) },
            RequestElement(.chat, "messages of the assistant") { n in
                body(hello + "," + list(n) { _ in #"{"role":"assistant","content":"Hi"}"# } + "," + hello)
            },
            RequestElement(.chat, "messages of the system") { n in
                body(list(n) { _ in #"{"role":"system","content":"Be kind"}"# } + "," + hello)
            },
            RequestElement(.chat, "names of participants") { n in
                body(list(n) { #"{"role":"user","name":"u\#($0)","content":"Hello"}"# })
            },
            RequestElement(.chat, "text parts") { n in
                body(#"{"role":"user","content":[\#(list(n) { _ in #"{"type":"text","text":"Hello"}"# })]}"#)
            },
            RequestElement(.chat, "blank text parts") { n in
                body(
                    #"{"role":"user","content":[{"type":"text","text":"a"},\#(list(n) { _ in #"{"type":"text","text":" "}"# })]}"#
                )
            },
            RequestElement(.chat, "cache marks") { n in
                body(
                    #"{"role":"user","content":[\#(list(n) { _ in #"{"type":"text","text":"Hello","cache_control":{"type":"ephemeral"}}"# })]}"#
                )
            },
            RequestElement(.chat, "images") { n in
                body(
                    #"{"role":"user","content":[\#(list(n) { _ in #"{"type":"image_url","image_url":{"url":"data:image/png;base64,aGVsbG8="}}"# })]}"#
                )
            },
            RequestElement(.chat, "documents of one name") { n in
                body(
                    #"{"role":"user","content":[\#(list(n) { _ in #"{"type":"file","file":{"filename":"a.pdf","file_data":"data:application/pdf;base64,aGVsbG8="}}"# })]}"#
                )
            },
            RequestElement(.chat, "parallel calls and results") { n in
                body(
                    "\(hello),{\"role\":\"assistant\",\"tool_calls\":[\(list(n) { call($0) })]},\(list(n, result))",
                    #""tools":[\#(tool(0))]"#
                )
            },
            RequestElement(.chat, "parallel calls, results in opposite order") { n in
                body(
                    "\(hello),{\"role\":\"assistant\",\"tool_calls\":[\(list(n) { call($0) })]},\(list(n) { result(n - 1 - $0) })"
                )
            },
            RequestElement(.chat, "calls in turns of their own") { n in
                body(
                    hello + "," + list(n) { #"{"role":"assistant","tool_calls":[\#(call($0))]},\#(result($0))"# },
                    #""tools":[\#(tool(0))]"#
                )
            },
            RequestElement(.chat, "turns behind many calls") { n in
                body(
                    "\(hello),{\"role\":\"assistant\",\"tool_calls\":[\(list(n) { call($0) })]},\(list(n, result)),"
                        + list(n) { #"{"role":"\#($0 % 2 == 0 ? "user" : "assistant")","content":"Hello"}"# } + ","
                        + hello
                )
            },
            RequestElement(.chat, "members of a message") { n in
                body(#"{"role":"user",\#(list(n) { _ in #""content":"Hello""# })}"#)
            },
            RequestElement(.chat, "unknown members of messages") { n in
                body(list(n) { #"{"role":"user","content":"Hello","x\#($0)":1}"# })
            },
            RequestElement(.chat, "details of reasoning") { n in
                body(
                    assistant(
                        #""content":"Hi","reasoning_details":[\#(list(n) { #"{"type":"reasoning.text","text":"t","signature":"s\#($0)"}"# })]"#
                    )
                )
            },
            RequestElement(.chat, "wrapped thoughts beside a message") { n in
                body(
                    assistant(
                        #""content":"Hi","reasoning_content":"\#(run(n) { _ in "t" })","extra_content":{"gatehouse":{"reasoning":[\#(list(n) { #"{"index":\#($0),"bytes":1,"signature":"\#(state(.signature, $0, of: "t"))"}"# })]}}"#
                    )
                )
            },
            RequestElement(.chat, "wrapped thoughts in blocks") { n in
                body(
                    assistant(
                        #""content":[\#(list(n) { #"{"type":"reasoning","summary":[{"type":"summary_text","text":"t","signature":"\#(state(.signature, $0, of: "t"))"}]}"# }),{"type":"text","text":"Hi"}]"#
                    )
                )
            },
            RequestElement(.chat, "thoughts of other upstreams") { n in
                body(
                    hello + ","
                        + list(n) {
                            #"{"role":"assistant","content":"Hi","reasoning_content":"t","extra_content":{"gatehouse":{"reasoning":[{"index":0,"bytes":1,"signature":"\#(foreignState(.signature, $0))"}]}}},\#(hello)"#
                        }
                )
            },
            RequestElement(.chat, "ids that carry a state") { n in
                body(
                    hello + ","
                        + list(n) {
                            #"{"role":"assistant","tool_calls":[\#(call($0, id: "call_\($0)_" + state(.thought, $0)))]},\#(result($0))"#
                        }
                )
            },
            RequestElement(.chat, "ids of one call") { n in
                body(
                    "\(hello),{\"role\":\"assistant\",\"tool_calls\":[{\(list(n) { "\"id\":\"call_\($0)_\(state(.thought, $0))\"" }),\"type\":\"function\",\"function\":{\"name\":\"f\",\"arguments\":\"{}\"}}]},\(result(0))"
                )
            },
            RequestElement(.chat, "signatures of one call") { n in
                body(
                    "\(hello),{\"role\":\"assistant\",\"tool_calls\":[{\(list(n) { "\"thought_signature\":\"\(state(.thought, $0))\"" }),\"id\":\"call_0\",\"type\":\"function\",\"function\":{\"name\":\"f\",\"arguments\":\"{}\"}}]},\(result(0))"
                )
            },
            RequestElement(.chat, "tools", most: mostTools) { n in body(hello, #""tools":[\#(list(n) { tool($0) })]"#)
            },
            RequestElement(.chat, "tools and allowed tools", most: mostTools) { n in
                body(
                    hello,
                    #""tools":[\#(list(n) { tool($0) })],"tool_choice":{"type":"allowed_tools","allowed_tools":{"mode":"auto","tools":[\#(list(n) { #"{"type":"function","function":{"name":"f\#($0)"}}"# })]}}"#
                )
            },
            RequestElement(.chat, "tools and allowed tools that are not there", most: mostTools) { n in
                body(
                    hello,
                    #""tools":[\#(list(n) { tool($0) })],"tool_choice":{"type":"allowed_tools","allowed_tools":{"mode":"auto","tools":[\#(list(n) { #"{"type":"function","function":{"name":"g\#($0)"}}"# })]}}"#
                )
            },
            RequestElement(.chat, "custom tools and calls", most: mostTools) { n in
                body(
                    "\(hello),{\"role\":\"assistant\",\"tool_calls\":[\(list(n) { #"{"id":"call_\#($0)","type":"custom","custom":{"name":"f\#($0)","input":"x"}}"# })]},\(list(n, result))",
                    #""tools":[\#(list(n) { #"{"type":"custom","custom":{"name":"f\#($0)"}}"# })]"#
                )
            },
            RequestElement(.chat, "tools named like the answer's") { n in
                // As many bytes as there are repetitions: the names grow.
                let count = Int(Double(n).squareRoot())
                return body(
                    hello,
                    #""tools":[\#(list(count) { i in #"{"type":"function","function":{"name":"give_answer\#(run(i) { _ in "_" })"}}"# })],"response_format":{"type":"json_schema","json_schema":{"name":"s","schema":{"type":"object"}}}"#
                )
            },
            RequestElement(.chat, "functions", most: mostTools) { n in
                body(hello, #""functions":[\#(list(n) { #"{"name":"f\#($0)","parameters":{"type":"object"}}"# })]"#)
            },
            RequestElement(.chat, "stop sequences") { n in body(hello, #""stop":[\#(list(n) { #""s\#($0)""# })]"#) },
            RequestElement(.chat, "labels") { n in body(hello, #""metadata":{\#(list(n) { #""k\#($0)":"v""# })}"#) },
            RequestElement(.chat, "members of the request", most: mostUnknownMembers) { n in
                body(hello, list(n) { #""x\#($0)":1"# })
            },
            RequestElement(.chat, "members of a member") { n in
                body(hello, #""logit_bias":{\#(list(n) { #""\#($0)":1"# })}"#)
            },
            RequestElement(.chat, "digits of a number") { n in
                body(hello, #""temperature":1.\#(run(n) { _ in "0000000001" })"#)
            },
            RequestElement(.chat, "bytes of a text") { n in
                body(#"{"role":"user","content":"\#(run(n) { _ in "Hello, world. " })"}"#)
            },
            RequestElement(.chat, "characters beyond ASCII") { n in
                body(#"{"role":"user","content":"\#(run(n) { _ in "héllo, wörld 🇫🇷 " })"}"#)
            },
            RequestElement(.chat, "marks on one character") { n in
                body(#"{"role":"assistant","content":"a\#(run(n) { _ in "\u{301}\u{300}" }) "}"#)
            },
            RequestElement(.chat, "escapes in a text") { n in
                body(#"{"role":"user","content":"\#(run(n) { _ in #"\n\u00e9"# })"}"#)
            },
            RequestElement(.chat, "blanks in a text") { n in
                body(#"{"role":"user","content":"a\#(run(n) { _ in " \\n" })"}"#)
            },
            RequestElement(.chat, "blanks at the end of the answer's beginning") { n in
                body(#"\#(hello),{"role":"assistant","content":"a\#(run(n) { _ in " \\n" })"}"#)
            },
            RequestElement(.chat, "blanks between tokens") { n in body(hello + run(n) { _ in " \n" }) },
            RequestElement(.chat, "instructions to the simulator") { n in
                body(
                    #"{"role":"user","content":"\#(run(n) { _ in "[[simulate: call=f0]] " })"}"#,
                    #""tools":[\#(tool(0))]"#
                )
            },
            RequestElement(.chat, "named tools, all asked for", most: mostTools) { n in
                body(#"{"role":"user","content":"Use all tools."}"#, #""tools":[\#(list(min(n, 128)) { tool($0) })]"#)
            },
            RequestElement(.chat, "inlined underscores before wrapped state") { n in
                body(#"{"role":"user","content":"\#(run(n) { _ in "_gatehouse1_" })"}"#)
            },
        ]
        + schemas.map { schema in
            RequestElement(.chat, "schema of a tool: \(schema.name)") { n in
                body(hello, #""tools":[\#(tool(0, schema.schema(n)))]"#)
            }
        }
        + schemas.map { schema in
            RequestElement(.chat, "schema of the answer: \(schema.name)") { n in
                body(
                    hello,
                    #""response_format":{"type":"json_schema","json_schema":{"name":"s","strict":true,"schema":\#(schema.schema(n))}}"#
                )
            }
        }

    /// The repeated elements of OpenAI's legacy completions.
    static let completions: [RequestElement] = [
        RequestElement(.completions, "bytes of the prompt") { n in
            #"{"model":"m","prompt":"\#(run(n) { _ in "Hello, world. " })"}"#
        },
        RequestElement(.completions, "stop sequences") { n in
            #"{"model":"m","prompt":"Hello","stop":[\#(list(n) { #""s\#($0)""# })]}"#
        },
        RequestElement(.completions, "unknown members") { n in
            #"{"model":"m","prompt":"Hello",\#(list(n) { #""x\#($0)":1"# })}"#
        },
        RequestElement(.completions, "members that are there again") { n in
            #"{"model":"m","prompt":"Hello",\#(list(n) { _ in #""stop":["a"]"# })}"#
        },
    ]
}
