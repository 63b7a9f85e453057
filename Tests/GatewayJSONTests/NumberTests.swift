// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayJSON
import Testing

@Suite("Numbers")
struct NumberTests {
    @Test(
        "An integral number reads as an integer, however it is written",
        arguments: [
            ("0", 0), ("-0", 0), ("1", 1), ("-1", -1), ("1.0", 1), ("-1.000", -1), ("1e2", 100), ("1E+2", 100),
            ("1.5e1", 15),
            ("100e-2", 1), ("120.0e-1", 12), ("0e99999999999999999999", 0), ("0.0e-5", 0), ("0.000001e6", 1),
            ("9223372036854775807", .max), ("-9223372036854775808", .min), ("9223372036854775807.0", .max),
            ("-9223372036854775808.0", .min), ("9223372036854775807000e-3", .max), ("9.223372036854775807e18", .max),
            ("-9.223372036854775808e18", .min), ("1000000000000000000", 1_000_000_000_000_000_000),
            ("10000000000000000000000e-20", 100), ("0.00000000000000000000000000001e29", 1),
            ("4611686018427387904", 1 << 62), ("1e18", 1_000_000_000_000_000_000),
        ]
    )
    func integral(_ text: String, _ expected: Int) throws {
        #expect(try json(text).int == expected)
        #expect(try json("[\(text)]").array?.first?.int == expected)
    }

    @Test(
        "A number with a fraction or out of range is no integer, and is kept as written",
        arguments: [
            "0.5", "-0.5", "1.5", "1e-1", "1.25e1", "9223372036854775808", "-9223372036854775809",
            "18446744073709551616",
            "9223372036854775807.5", "1e19", "1e400", "-1e400", "1e99999999999999999999999",
            "1e-99999999999999999999999",
            "123456789012345678901234567890", "-123456789012345678901234567890.5", "9.3e18", "92233720368547758070",
            "184467440737095516150000000000",
        ]
    )
    func notIntegral(_ text: String) throws {
        let value = try json(text)
        #expect(value.int == nil)
        #expect(value.number?.int == nil)
        #expect(value.number?.written == text)
        #expect(JSONValue { $0.number(JSONNumber(1)) } == (try json("1")))
        let number = try #require(value.number)
        #expect(JSONValue { $0.number(number) }.bytes.text == text)
    }

    @Test("A number reads as the nearest double")
    func doubles() throws {
        let texts = [
            "0", "-0", "1", "-1", "0.1", "0.2", "0.3", "1.1", "3.14159265358979", "2.718281828459045", "1e10", "1e22",
            "1e23",
            "9007199254740993", "9007199254740992", "9007199254740991", "0.000001", "123456.789", "5e-324", "2.5e-324",
            "1.7976931348623157e308", "2.2250738585072011e-308", "0.30000000000000004", "8.5", "-12345678.12345678",
            "123456789012345678901234567890", "0.1234567890123456", "12345678901234567", "1.0000000000000001",
            "1e-400", "99999999999999999", "0.00000000000001", "7.0", "00000.5".replacingPrefix,
        ]
        for text in texts { #expect(try json(text).double == Double(text), "\(text)") }
        #expect(try json("-0").double?.sign == .minus)
        #expect(try json("1e400").double == nil)
        #expect(try json("-1e400").double == nil)
    }

    @Test("Doubles of all sizes read as the standard library reads them")
    func randomDoubles() throws {
        var generator = SplitMix(seed: 11)
        for _ in 0..<5000 {
            let digits = String(
                UInt64.random(in: 0...(.max >> UInt64.random(in: 0...60, using: &generator)), using: &generator)
            )
            let point = Int.random(in: 0..<digits.count, using: &generator)
            var text = Bool.random(using: &generator) ? "-" : ""
            text += point == 0 ? "0." + digits : digits.prefix(point).replacingPrefix + "." + digits.dropFirst(point)
            if Bool.random(using: &generator) { text += "e\(Int.random(in: -30...30, using: &generator))" }
            #expect(try json(text).double == Double(text), "\(text)")
        }
    }

    @Test("The gateway's own numbers are written so that they read back, integral doubles without a fraction")
    func written() throws {
        #expect(JSONNumber(42).written == "42")
        #expect(JSONNumber(Int.min).written == "-9223372036854775808")
        #expect(JSONNumber(0.1).written == "0.1")
        #expect(JSONNumber(1.0).written == "1")
        #expect(JSONNumber(-0.0).written == "-0.0")
        #expect(JSONNumber(.infinity).written == "0")
        #expect(JSONNumber(2.5).int == nil)
        #expect(JSONNumber(2.0).int == 2)
        #expect(JSONNumber(1e300).int == nil)
        #expect(JSONNumber(3).double == 3)
        var generator = SplitMix(seed: 3)
        for _ in 0..<2000 {
            let double = Double(bitPattern: generator.next())
            guard double.isFinite else { continue }
            let value = JSONValue { $0.double(double) }
            #expect(try JSONValue(validating: value.bytes).double == double)
            let int = Int(truncatingIfNeeded: generator.next()) >> Int.random(in: 0...63, using: &generator)
            #expect(JSONValue { $0.int(int) }.bytes.text == String(int))
            #expect(JSONValue { $0.int(int) }.int == int)
        }
    }

    @Test("Numbers are equal when they are written alike")
    func equality() throws {
        #expect(try json("1").number == JSONNumber(1))
        #expect(try json("1.0").number != JSONNumber(1))
        #expect(try Set([json("1").number, json(" 1").number, JSONNumber(1)]).count == 1)
    }
}

extension StringProtocol {
    /// The digits without the leading zeros that JSON forbids.
    fileprivate var replacingPrefix: String {
        let rest = String(drop { $0 == "0" })
        return rest.isEmpty || rest.hasPrefix(".") ? "0" + rest : rest
    }
}
