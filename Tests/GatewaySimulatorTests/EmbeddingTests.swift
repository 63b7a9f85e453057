// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayJSON
import GatewaySimulator
import NIOCore
import Testing

@Suite("OpenAI embeddings")
struct EmbeddingTests {
    private func vector(_ call: SimulatedCall, _ index: Int = 0) -> [Double] {
        call.json[path: "data.\(index).embedding"]?.array?.compactMap(\.double) ?? []
    }

    private func product(_ left: [Double], _ right: [Double]) -> Double {
        zip(left, right).reduce(0) { $0 + $1.0 * $1.1 }
    }

    @Test("A vector has length 1 and the asked number of dimensions, 1024 without a word")
    func units() {
        #expect(vector(.embeddings(#""input":"What is Databricks?""#)).count == 1_024)
        let short = vector(.embeddings(#""input":"What is Databricks?","dimensions":256"#))
        #expect(short.count == 256)
        #expect(abs(product(short, short) - 1) < 1e-4)
    }

    @Test("Texts that share words are nearer than texts that share none; case makes no difference")
    func similarity() {
        let call = SimulatedCall.embeddings(
            #""input":["What is Databricks?","what is databricks ?","What is Spark?","Cats sleep all day"]"#
        )
        let (first, same, near, far) = (vector(call, 0), vector(call, 1), vector(call, 2), vector(call, 3))
        #expect(product(first, same) > 0.999)
        #expect(product(first, near) > product(first, far) + 0.3)
        #expect(call.json["data"]?.array?.compactMap { $0["index"]?.int } == [0, 1, 2, 3])
        #expect(call.json[path: "usage.prompt_tokens"]?.int == 4 + 4 + 4 + 4)
    }

    @Test("Base64 holds the same numbers as little-endian 32-bit floats")
    func base64() {
        let numbers = vector(.embeddings(#""input":"x y","dimensions":3"#))
        let text = SimulatedCall.embeddings(#""input":"x y","dimensions":3,"encoding_format":"base64""#)
            .json[path: "data.0.embedding"]?.string
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
        var bits = ""
        for character in text ?? "" {
            guard let value = alphabet.firstIndex(of: character) else { continue }
            let digits = String(value, radix: 2)
            bits += String(repeating: "0", count: 6 - digits.count) + digits
        }
        let bytes = stride(from: 0, to: bits.count / 8 * 8, by: 8).compactMap { start in
            UInt8(bits.dropFirst(start).prefix(8), radix: 2)
        }
        var buffer = ByteBuffer(bytes: bytes)
        let floats = (0..<3).compactMap { _ in
            buffer.readInteger(endianness: .little, as: UInt32.self).map(Float.init(bitPattern:))
        }
        #expect(floats.map { Float($0) } == numbers.map { Float($0) })
    }

    @Test("Token ids and several lists of them are embedded too")
    func tokens() {
        #expect(SimulatedCall.embeddings(#""input":[1,2,3]"#).json["data"]?.array?.count == 1)
        let call = SimulatedCall.embeddings(#""input":[[1,2,3],[4]]"#)
        #expect(call.json["data"]?.array?.count == 2)
        #expect(call.json[path: "usage.total_tokens"]?.int == 4)
    }

    @Test(
        "What breaks a rule is refused",
        arguments: [
            (#""input":"""#, 400), (#""input":[]"#, 400), (#""input":[""]"#, 400), (#""input":["a",1]"#, 400),
            (#""input":{}"#, 400),
            (#""encoding_format":"float""#, 400), (#""input":"x","foo":1"#, 400), (#""input":"x","dimensions":0"#, 400),
            (#""input":"x","encoding_format":"hex""#, 400), (#""input":"[[simulate: status=503]]""#, 503),
        ]
    )
    func refuses(_ more: String, _ status: Int) {
        #expect(SimulatedCall.embeddings(more).status == status)
    }

    @Test("Only embedding models embed, and a text longer than the model's context is refused")
    func models() {
        #expect(SimulatedCall.embeddings(#""input":"x""#, model: "gpt-5").status == 404)
        let long = String(repeating: "word ", count: 600)
        #expect(SimulatedCall.embeddings("\"input\":\"\(long)\"", model: "bge-large-en").status == 400)
        #expect(SimulatedCall.embeddings("\"input\":\"\(long)\"", model: "gte-large-en").status == 200)
    }
}
