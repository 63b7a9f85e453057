// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayConfiguration
import GatewaySchema
import GatewayCore
import Testing

@Suite("Files that are out to do harm")
struct HostileFileTests {
    /// `a0` is one value, and each further one repeats the one before it nine times.
    private static func bomb(levels: Int, _ repeated: (String) -> String) -> String {
        var lines = ["a0: &a0 [x]"]
        for level in 1...levels { lines.append("a\(level): &a\(level) \(repeated("*a\(level - 1)"))") }
        return lines.joined(separator: "\n")
    }

    @Test("Aliases of aliases do not multiply beyond the bound")
    func aliasBomb() {
        let found = errors(Self.bomb(levels: 30) { "[\(repeatElement($0, count: 9).joined(separator: ", "))]" })
        #expect(found.count == 1 && found.first?.contains("more than 2000000 values") == true)
    }

    @Test(
        "Aliases of aliases in keys are refused before anything is made of them",
        arguments: [
            "{? [%, %] : 1, ? [%, %, %] : 2}", "{[%, %]: 1}", "{? {%: 1, x: %} : 1}", "{? % : 1}", "{%: 1}",
            "[? % : 1]",
        ]
    )
    func keyBomb(_ pattern: String) {
        let found = errors(Self.bomb(levels: 60) { pattern.replacing("%", with: $0) })
        #expect(found.count == 1 && found.first?.contains("A key must be text") == true, "\(found)")
    }

    @Test("Text with asterisks is no alias")
    func asterisks() throws {
        let configuration = try configuration("users: {\"*a\": {groups: [\"*b\", a*c, 'x *d']}} # *e")
        #expect(configuration.principals.first?.name == "*a")
        #expect(configuration.principals.first?.groups == ["*b", "a*c", "x *d"])
    }

    @Test("Nesting is bounded, however it is written", arguments: [33, 999, 100_000])
    func nesting(_ depth: Int) {
        let open = String(repeating: "[", count: depth)
        let blocks = String(repeating: "- ", count: depth)
        let questions = String(repeating: "? ", count: depth)
        let maps = String(repeating: "{a: ", count: depth)
        for text in [
            open, open + String(repeating: "]", count: depth), blocks + "a", questions + "a", maps, maps + "&a *a",
        ] {
            #expect(errors(text).count == 1)
        }
    }

    @Test("A file of more than 16 MiB is not even looked at")
    func size() {
        let found = errors("# " + String(repeating: "x", count: 16 << 20))
        #expect(found == ["gatehouse.yaml: The file has 16777218 bytes; at most 16777216 are allowed."])
    }

    @Test("A file with 50,000 grants, as a large gateway exports it, is read")
    func grants() throws {
        var text = "grants:\n"
        for number in 0..<50_000 {
            text +=
                "- principal: user-\(number)@example.com\n  privileges:\n  - EXECUTE\n  on:\n    model_service: big.schema.service-\(number)\n"
        }
        #expect(text.utf8.count > 5 << 20)
        #expect(try configuration(text).grants.count == 50_000)
    }

    @Test("Bytes that are no text are an error of their line")
    func encoding() throws {
        for bytes: [UInt8] in [[0xFF, 0xFE], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xF5, 0x80, 0x80, 0x80]] {
            let error = try #require(throws: ConfigurationError.self) {
                try configuration(Array("users:\n  ".utf8) + bytes)
            }
            #expect(error.problems.map(\.line) == [2])
        }
        #expect(errors("users: \u{0}").first?.contains("control characters are not allowed") == true)
    }

    @Test("Whatever is done to a file, it is read or refused")
    func mangled() {
        let seeds = [
            ExampleTests.example, twoProviders, Self.bomb(levels: 3) { "[\($0), {? \($0) : 1}]" },
            "a: |\n  text\nb: >-\n  folded\nc: !!binary aGk=\nd: !<tag:x> 'q'\n%YAML 1.1\n--- \n...\n",
            "{\"a\": [\"\\ud83d\\u0041\\x41\\/\", 1e9, null, true], ? {b: *c} : &d ~, <<: {e: f}}",
        ].map { Array($0.utf8) }
        let tokens = [
            "*a0", "&a0 ", "? ", ": ", "- ", "{", "}", "[", "]", "\n", "\t", "'", "\"", "|", ">", "%", "!", "!!", "#",
            "<<: ", "${", "\u{FEFF}", "\u{85}", "---\n", "...\n", "\\ud800",
        ].map { Array($0.utf8) }
        var random = SplitMix(state: 42)
        for _ in 0..<3000 {
            var bytes = seeds[random.below(seeds.count)]
            for _ in 0...random.below(6) {
                let index = random.below(bytes.count + 1)
                switch random.below(5) {
                case 0: bytes.insert(UInt8(truncatingIfNeeded: random.next()), at: index)
                case 1: bytes.insert(contentsOf: tokens[random.below(tokens.count)], at: index)
                case 2: bytes.removeSubrange(index..<min(bytes.count, index + random.below(8)))
                case 3:
                    bytes.insert(
                        contentsOf: bytes[..<index].suffix(random.below(40)),
                        at: random.below(bytes.count + 1)
                    )
                default: if index < bytes.count { bytes[index] ^= 1 << UInt8(random.below(8)) }
                }
            }
            do throws(ConfigurationError) {
                _ = try configuration(bytes, environment: ExampleTests.keys)
            } catch {
                #expect(!error.problems.isEmpty && error.problems.count <= ConfigurationError.maximumProblems)
            }
        }
    }

    @Test("Bytes at random are read or refused")
    func random() {
        var random = SplitMix(state: 7)
        let alphabet = Array("-?:,[]{}#&*!|>'\"%@` \n\ta0".utf8)
        for _ in 0..<2000 {
            let bytes = (0..<random.below(200)).map { _ in
                random.below(4) == 0 ? UInt8(truncatingIfNeeded: random.next()) : alphabet[random.below(alphabet.count)]
            }
            #expect(throws: Never.self) {
                do throws(ConfigurationError) { _ = try configuration(bytes) } catch {}
            }
        }
    }
}

/// A generator of the same numbers on every run.
struct SplitMix {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    mutating func below(_ bound: Int) -> Int {
        Int(next() % UInt64(bound))
    }
}
