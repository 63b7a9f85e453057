// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayPipeline
import Testing

@Suite("The administrator's token of the environment")
struct AdministratorTokenTests {
    private let good = "0123456789abcdef"

    private func token(_ value: String?, isExposed: Bool = true) throws -> String? {
        try AccessTokenSecret.administrator(fromEnvironment: value, isExposed: isExposed).secret?.text
    }

    @Test("A variable that is not set or empty is no token")
    func none() throws {
        #expect(try token(nil) == nil)
        #expect(try token("") == nil)
    }

    @Test(
        "Blanks and line ends around it, as files have them, are not part of it",
        arguments: ["\n", "\r\n", " ", "\t \n"]
    )
    func blanks(blank: String) throws {
        #expect(try token(good + blank) == good)
        #expect(try token(blank + good + blank) == good)
    }

    @Test(
        "One that no header can carry is refused rather than locking everybody out",
        arguments: [
            " ", "\n", "\"0123456789abcdef\"", "'0123456789abcdef'", "`0123456789abcdef`", "\"0123456789abcdef",
            "01234567 89abcdef", "0123456789abcdef\u{7F}", "0123456789abcdefé", "01234567\n89abcdef",
            String(repeating: "0123456789", count: 1000),
        ]
    )
    func unusable(value: String) {
        for isExposed in [true, false] {
            let refusal = #expect(throws: AccessTokenSecret.Refusal.self) { try token(value, isExposed: isExposed) }
            #expect(refusal?.description.contains("GATEHOUSE_ADMIN_TOKEN") == true)
            #expect(refusal?.description.contains("0123456789abcdef") == false)
        }
    }

    @Test(
        "One that is easily guessed is refused where others can reach the gateway, and warned of elsewhere",
        arguments: ["a", "0123456789abcde", "aaaaaaaaaaaaaaaaaaaaaaaa", "abcabcabcabcabcabc"]
    )
    func weak(value: String) throws {
        #expect(throws: AccessTokenSecret.Refusal.self) { try token(value) }
        let accepted = try AccessTokenSecret.administrator(fromEnvironment: value, isExposed: false)
        #expect(accepted.secret?.text == value)
        #expect(accepted.warning != nil)
    }

    @Test("A good one has nothing to warn of")
    func strong() throws {
        for isExposed in [true, false] {
            let accepted = try AccessTokenSecret.administrator(fromEnvironment: good, isExposed: isExposed)
            #expect(accepted.secret?.text == good)
            #expect(accepted.warning == nil)
        }
    }
}
