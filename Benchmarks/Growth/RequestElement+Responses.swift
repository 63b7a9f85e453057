// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore

extension RequestElement {
    private static func body(_ input: String, _ more: String = "") -> String {
        #"{"model":"gpt-5","input":[\#(input)]\#(more.isEmpty ? "" : ",")\#(more)}"#
    }

    private static let hello = #"{"type":"message","role":"user","content":"Hello"}"#

    private static func call(_ index: Int, _ more: String = "") -> String {
        #"{"type":"function_call","id":"fc_\#(index)","call_id":"call_\#(index)","name":"f\#(index)","arguments":"{}"\#(more)}"#
    }

    private static func output(_ index: Int) -> String {
        #"{"type":"function_call_output","call_id":"call_\#(index)","output":"r"}"#
    }

    private static func tool(_ name: String, _ parameters: String = #"{"type":"object"}"#) -> String {
        #"{"type":"function","name":"\#(name)","description":"d","parameters":\#(parameters)}"#
    }

    private static func namespace(_ name: String, _ tools: String) -> String {
        #"{"type":"namespace","name":"\#(name)","description":"d","tools":[\#(tools)]}"#
    }

    /// The repeated elements of OpenAI's Responses.
    static let responses: [RequestElement] =
        [
            RequestElement(.responses, "messages") { n in body(list(n) { _ in hello }) },
            RequestElement(.responses, "messages of the developer") { n in
                body(list(n) { _ in #"{"type":"message","role":"developer","content":"Be kind"}"# } + "," + hello)
            },
            RequestElement(.responses, "messages of the assistant") { n in
                body(
                    hello + ","
                        + list(n) { _ in
                            #"{"type":"message","role":"assistant","content":[{"type":"output_text","text":"Hi"}]}"#
                        } + "," + hello
                )
            },
            RequestElement(.responses, "parts of a message") { n in
                body(
                    #"{"type":"message","role":"user","content":[\#(list(n) { _ in #"{"type":"input_text","text":"Hello"}"# })]}"#
                )
            },
            RequestElement(.responses, "images") { n in
                body(
                    #"{"type":"message","role":"user","content":[\#(list(n) { _ in #"{"type":"input_image","image_url":"data:image/png;base64,aGVsbG8="}"# })]}"#
                )
            },
            RequestElement(.responses, "documents of one name") { n in
                body(
                    #"{"type":"message","role":"user","content":[\#(list(n) { _ in #"{"type":"input_file","filename":"a.pdf","file_data":"data:application/pdf;base64,aGVsbG8="}"# })]}"#
                )
            },
            RequestElement(.responses, "annotations of a text") { n in
                body(
                    "\(hello),"
                        + #"{"type":"message","role":"assistant","content":[{"type":"output_text","text":"Hi","annotations":[\#(list(n) { #"{"type":"url_citation","start_index":0,"end_index":1,"title":"t\#($0)","url":"https://a.example"}"# })]}]},"#
                        + hello
                )
            },
            RequestElement(.responses, "calls, then results") { n in
                body("\(hello),\(list(n) { call($0) }),\(list(n, output))")
            },
            RequestElement(.responses, "calls with their results") { n in
                body("\(hello),\(list(n) { "\(call($0)),\(output($0))" })", #""tools":[\#(tool("f0"))]"#)
            },
            RequestElement(.responses, "custom calls with their results") { n in
                body(
                    "\(hello),"
                        + list(n) {
                            #"{"type":"custom_tool_call","call_id":"call_\#($0)","name":"f","input":"x"},{"type":"custom_tool_call_output","call_id":"call_\#($0)","output":"r"}"#
                        },
                    #""tools":[{"type":"custom","name":"f"}]"#
                )
            },
            RequestElement(.responses, "calls of the local shell") { n in
                body(
                    "\(hello),"
                        + list(n) {
                            #"{"type":"local_shell_call","id":"lsh_\#($0)","call_id":"call_\#($0)","action":{"type":"exec","command":["ls"],"env":{}},"status":"completed"},{"type":"local_shell_call_output","id":"lsh_\#($0)","output":"r"}"#
                        },
                    #""tools":[{"type":"local_shell"}]"#
                )
            },
            RequestElement(.responses, "members of an action") { n in
                body(
                    "\(hello),"
                        + #"{"type":"local_shell_call","id":"lsh_0","call_id":"call_0","action":{\#(list(n) { #""x\#($0)":1"# }),"command":["ls"]},"status":"completed"},{"type":"local_shell_call_output","id":"lsh_0","output":"r"}"#,
                    #""tools":[{"type":"local_shell"}]"#
                )
            },
            RequestElement(.responses, "thoughts") { n in
                body(
                    "\(hello),"
                        + list(n) {
                            #"{"type":"reasoning","id":"rs_\#($0)","summary":[{"type":"summary_text","text":"t"}],"encrypted_content":"\#(state(.encrypted, $0))"},{"type":"message","role":"assistant","content":[{"type":"output_text","text":"Hi"}]}"#
                        } + "," + hello
                )
            },
            RequestElement(.responses, "thoughts of other upstreams") { n in
                body(
                    "\(hello),"
                        + list(n) {
                            #"{"type":"reasoning","id":"rs_\#($0)","summary":[],"encrypted_content":"\#(foreignState(.encrypted, $0))"}"#
                        } + "," + hello
                )
            },
            RequestElement(.responses, "texts of a thought") { n in
                body(
                    #"\#(hello),{"type":"reasoning","id":"rs_0","summary":[\#(list(n) { _ in #"{"type":"summary_text","text":"t"}"# })],"encrypted_content":"\#(state(.encrypted, 0))"},\#(hello)"#
                )
            },
            RequestElement(.responses, "states of texts") { n in
                body(
                    "\(hello),"
                        + list(n) {
                            #"{"type":"message","role":"assistant","content":[{"type":"output_text","text":"Hi"}]},{"type":"reasoning","id":"rs_\#($0)","summary":[],"encrypted_content":"\#(state(.thought, $0))"}"#
                        } + "," + hello
                )
            },
            RequestElement(.responses, "ids of one item") { n in
                body(
                    #"\#(hello),{"type":"function_call",\#(list(n) { #""id":"fc_\#($0)_\#(state(.thought, $0))""# }),"call_id":"call_0","name":"f","arguments":"{}"},\#(output(0))"#
                )
            },
            RequestElement(.responses, "encrypted contents of one item") { n in
                body(
                    #"\#(hello),{"type":"reasoning","summary":[],\#(list(n) { #""encrypted_content":"\#(state(.encrypted, $0))""# }),"id":"rs_0"},\#(hello)"#
                )
            },
            RequestElement(.responses, "contents of one item") { n in
                body(#"{"type":"message",\#(list(n) { _ in #""content":"Hello""# }),"role":"user"}"#)
            },
            RequestElement(.responses, "items of unknown types") { n in
                body("\(hello),\(list(n) { #"{"type":"t\#($0)"}"# })")
            },
            RequestElement(.responses, "items that add tools", most: mostTools) { n in
                body(
                    "\(hello),"
                        + list(n) { #"{"type":"additional_tools","role":"developer","tools":[\#(tool("g\($0)"))]}"# }
                )
            },
            RequestElement(.responses, "tools", most: mostTools) { n in
                body(hello, #""tools":[\#(list(n) { tool("f\($0)") })]"#)
            },
            RequestElement(.responses, "tools and allowed tools", most: mostTools) { n in
                body(
                    hello,
                    #""tools":[\#(list(n) { tool("f\($0)") })],"tool_choice":{"type":"allowed_tools","mode":"auto","tools":[\#(list(n) { #"{"type":"function","name":"f\#($0)"}"# })]}"#
                )
            },
            RequestElement(.responses, "allowed tools and members of a hosted one", most: mostTools) { n in
                body(
                    hello,
                    #""tools":[{"type":"mcp",\#(list(n) { #""x\#($0)":1"# }),"server_label":"s"}],"tool_choice":{"type":"allowed_tools","mode":"auto","tools":[\#(list(n) { _ in #"{"type":"mcp","server_label":"s"}"# })]}"#
                )
            },
            RequestElement(.responses, "namespaces", most: mostTools) { n in
                body(hello, #""tools":[\#(list(n) { namespace("n\($0)", tool("f")) })]"#)
            },
            RequestElement(.responses, "namespaces and allowed tools of one name", most: mostTools) { n in
                body(
                    hello,
                    #""tools":[\#(list(n) { namespace("n\($0)", tool("f")) })],"tool_choice":{"type":"allowed_tools","mode":"auto","tools":[\#(list(n) { _ in #"{"type":"function","name":"f"}"# })]}"#
                )
            },
            RequestElement(.responses, "namespaces whose names become one", most: mostTools) { n in
                body(
                    hello,
                    #""tools":[\#(list(n) { i in namespace("n" + run(i % 60) { _ in "." } + "\(i / 60)", tool("f")) })]"#
                )
            },
            RequestElement(.responses, "tools of a namespace that are taken", most: mostTools) { n in
                body(
                    hello,
                    #""tools":[\#(list(n) { tool("n__f\($0)") }),\#(namespace("n", list(min(n, 64)) { tool("f\($0)") }))]"#
                )
            },
            RequestElement(.responses, "calls in namespaces") { n in
                body(
                    "\(hello),\(list(n) { "\(call($0, #","namespace":"n\#($0)""#)),\(output($0))" })",
                    #""tools":[\#(namespace("n", tool("f")))]"#
                )
            },
            RequestElement(.responses, "hosted tools", most: mostTools) { n in
                body(hello, #""tools":[\#(list(n) { #"{"type":"mcp","server_label":"s\#($0)"}"# })]"#)
            },
            RequestElement(.responses, "included members") { n in
                body(hello, #""include":[\#(list(n) { _ in #""message.output_text.logprobs""# })]"#)
            },
            RequestElement(.responses, "unknown members", most: mostUnknownMembers) { n in
                body(hello, list(n) { #""x\#($0)":1"# })
            },
            RequestElement(.responses, "bytes of the instructions") { n in
                body(hello, #""instructions":"\#(run(n) { _ in "Be kind. " })""#)
            },
            RequestElement(.responses, "items to find in JSON mode") { n in
                body(
                    list(n) { _ in hello } + #",{"type":"message","role":"user","content":"As JSON"}"#,
                    #""text":{"format":{"type":"json_object"}}"#
                )
            },
            RequestElement(.responses, "instructions to the simulator") { n in
                body(
                    #"{"type":"message","role":"user","content":"\#(run(n) { _ in "[[simulate: call=f]] " })"}"#,
                    #""tools":[\#(tool("f"))]"#
                )
            },
            RequestElement(.responses, "tools, all asked for", most: mostTools) { n in
                body(
                    #"{"type":"message","role":"user","content":"Use all tools."}"#,
                    #""tools":[\#(list(n) { tool("f\($0)") })]"#
                )
            },
        ]
        + schemas.map { schema in
            RequestElement(.responses, "schema of a tool: \(schema.name)") { n in
                body(hello, #""tools":[\#(tool("f", schema.schema(n)))]"#)
            }
        }
        + schemas.map { schema in
            RequestElement(.responses, "schema of the answer: \(schema.name)") { n in
                body(
                    hello,
                    #""text":{"format":{"type":"json_schema","name":"s","strict":true,"schema":\#(schema.schema(n))}}"#
                )
            }
        }
}
