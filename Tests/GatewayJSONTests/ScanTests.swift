// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayJSON
import NIOCore
import Testing

@Suite("The scan of a request body")
struct ScanTests {
    @Test("The members that the relay needs are found where they are")
    func members() throws {
        let text = #" {"mo\u0064el" : "gpt-5", "messages":[{"model":"no"}],"stream":true , "stream_options":{}} "#
        let scan = try JSONScan(document(text))
        let model = try #require(try scan.unique("model"))
        #expect(model.string == "gpt-5")
        #expect(model.bytes.text == "\"gpt-5\"")
        #expect(try scan.unique("stream")?.bool == true)
        #expect(try scan.unique("stream_options")?.kind == .object)
        #expect(try scan.unique("messages")?.array?.first?["model"]?.string == "no")
        #expect(try scan.unique("user") == nil)
        #expect(scan.value["model"] == model)
        #expect(!scan.isEmpty)
        #expect(scan.value.document.getString(at: scan.closingBrace, length: 2) == "} ")
    }

    @Test("A root that is no object is refused as such, unless it is no JSON at all")
    func roots() throws {
        for text in ["[]", " 1", "\"{}\"", "null", "true"] {
            #expect(throws: JSONError(.wrongType(expected: "an object"), offset: text.hasPrefix(" ") ? 1 : 0)) {
                try JSONScan(document(text))
            }
        }
        #expect(throws: JSONError(.trailingBytes, offset: 3)) { try JSONScan(document("[] x")) }
        #expect(throws: JSONError(.unexpectedEnd, offset: 0)) { try JSONScan(document("")) }
        #expect(throws: JSONError(.tooDeep, offset: 0)) { try JSONScan(document("{}"), maximumDepth: 0) }
    }

    @Test("An empty object has no members, and its brace is known")
    func empty() throws {
        let scan = try JSONScan(document(" { } "))
        #expect(scan.isEmpty)
        #expect(scan.value.range == 4..<7)
        #expect(scan.closingBrace == 6)
    }

    @Test("The scan accepts and refuses the same bytes as the validation, for the same reasons")
    func agreement() throws {
        var generator = DocumentGenerator(seed: 5)
        for _ in 0..<3000 {
            let bytes = generator.mutated(generator.object())
            let value = outcome { () throws(JSONError) in try JSONValue(validating: document(bytes)) }
            let scan = outcome { () throws(JSONError) in try JSONScan(document(bytes)).value }
            switch (value, scan) {
            case (.success(let value), .success(let scan)): #expect(value == scan && value.range == scan.range)
            case (.success(let value), .failure(let error)):
                #expect(value.kind != .object && error.reason == .wrongType(expected: "an object"))
            case (.failure(let error), .failure(let other)): #expect(error == other)
            case (.failure, .success): Issue.record("only the scan accepts \(String(decoding: bytes, as: UTF8.self))")
            }
        }
    }

    private func outcome(_ body: () throws(JSONError) -> JSONValue) -> Result<JSONValue, JSONError> {
        do throws(JSONError) {
            return .success(try body())
        } catch {
            return .failure(error)
        }
    }

    @Test("An object of ten thousand members is no trouble")
    func many() throws {
        let text = "{" + (0..<10_000).map { "\"k\($0)\":\($0)" }.joined(separator: ",") + "}"
        let scan = try JSONScan(document(text))
        #expect(try scan.unique("k9999")?.int == 9999)
        #expect(try scan.unique("k10000") == nil)
    }

    @Test("A root of more members than any request needs is refused")
    func tooMany() throws {
        func text(_ count: Int) -> String { "{" + String(repeating: "\"k\":0,", count: count - 1) + "\"k\":0}" }
        _ = try JSONScan(document(text(JSONScan.maximumMembers)))
        #expect {
            try JSONScan(document(text(JSONScan.maximumMembers + 1)))
        } throws: { error in
            (error as? JSONError)?.reason == .tooManyMembers
        }
    }
}
