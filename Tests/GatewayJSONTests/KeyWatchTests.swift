// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayJSON
import NIOCore
import Testing

@Suite("Keys that are watched while a document is scanned")
struct KeyWatchTests {
    private let watch = JSONKeyWatch(["file_id", "models", "model"])

    private func found(_ text: String) throws -> JSONKeyWatch.Found {
        try JSONScan(ByteBuffer(string: text), watching: watch).keys
    }

    private func sees(_ key: String, in text: String) throws -> Bool {
        try found(text).seen & watch.mask(of: key) != 0
    }

    @Test(
        "A key is seen at every depth and in every spelling",
        arguments: [
            #"{"file_id":1}"#, #"{"a":[{"b":{"file_id":1}}]}"#, #"{"fileId":1}"#, #"{"a":{"FILE_ID":1}}"#,
            #"{"a":{"FileID":1}}"#, #"{"a":[[{"\u0066ile_id":1}]]}"#, #"{"file_i\u0064":1}"#, #"{"fi\u006ce_id":1}"#,
            #"{"a":1,"file_id":1,"b":2}"#, #"{ "a" : { "file_id" : 1 } }"#, #"{"fıle":1}"#,
        ]
    )
    func seen(text: String) throws {
        #expect(try sees("file_id", in: text))
    }

    @Test(
        "What is no key is not seen",
        arguments: [
            #"{"a":"file_id"}"#, #"{"a":["file_id"]}"#, #"{"a":"{\"file_id\":1}"}"#, "{}", #"{"":1}"#,
            #"{"b":{"c":[1,2,{"d":null}]}}"#, #"{"text":"é \u0066"}"#,
        ]
    )
    func unseen(text: String) throws {
        #expect(try found(text) == JSONKeyWatch.Found(seen: 0, repeated: 0))
    }

    @Test("A second key is told from the first, wherever they stand")
    func repeated() throws {
        let mask = watch.mask(of: "model")
        #expect(try found(#"{"model":1}"#).repeated & mask == 0)
        #expect(try found(#"{"model":1,"a":{"models":2}}"#).repeated & mask == 0)
        #expect(try found(#"{"model":1,"a":{"model":2}}"#).repeated & mask != 0)
        #expect(try found(#"{"model":1,"Model":2}"#).repeated & mask != 0)
        #expect(try found(#"{"mod\u0065l":1}"#).repeated & mask != 0)
    }

    @Test("A scan without a watch knows nothing, so everything may be there")
    func unwatched() throws {
        #expect(try JSONScan(ByteBuffer(string: "{}")).keys == .unknown)
    }

    @Test("Each member of the root is visited once, in order, duplicates included")
    func members() throws {
        let scan = try JSONScan(ByteBuffer(string: #" {"a":1, "b" : [2] ,"a":{"c":3}}"#))
        var seen: [String] = []
        scan.forEachMember { key, value in seen.append("\(key.string)=\(String(buffer: value.bytes))") }
        #expect(seen == ["a=1", "b=[2]", #"a={"c":3}"#])
    }
}
