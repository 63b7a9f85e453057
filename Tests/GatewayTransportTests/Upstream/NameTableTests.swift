// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayTransport
import NIOCore
import Testing

@Suite("What is known of names")
struct NameTableTests {
    private var bounds = NameResolver.Bounds()

    private func at(_ seconds: Int64) -> NIODeadline { .uptimeNanoseconds(0) + .seconds(1000) + .seconds(seconds) }

    private func addresses(_ texts: String...) throws -> Result<[SocketAddress], NameError> {
        .success(try texts.map { try SocketAddress(ipAddress: $0, port: 0) })
    }

    private func texts(_ answer: NameAnswer?) -> [String]? {
        if case .addresses(let addresses, _) = answer { addresses.compactMap(\.ipAddress) } else { nil }
    }

    private func failure(_ answer: NameAnswer?) -> String? {
        if case .failure(let cause) = answer { cause } else { nil }
    }

    @Test("However many wait for a name, it is looked up once, and all are told")
    func single() throws {
        var table = NameTable<Int>(bounds)
        let (answer, starts) = table.ask("a", now: at(0))
        #expect(answer == nil && starts)
        for ticket in 0..<100 {
            #expect(table.ask("a", now: at(0)).starts == false)
            let (answer, starts) = table.wait(ticket, ticket: ticket, for: "a", mustBeNew: false, now: at(0))
            #expect(answer == nil && !starts)
        }
        table.leave(ticket: 7, name: "a")
        let (waiters, told, next) = table.finish("a", try addresses("10.0.0.1"), now: at(1))
        #expect(waiters == (0..<100).filter { $0 != 7 })
        #expect(texts(told) == ["10.0.0.1"])
        #expect(next.isEmpty)
    }

    @Test("Who comes to wait when the answer has just come gets it, unless it must be a new one")
    func justCome() throws {
        var table = NameTable<Int>(bounds)
        _ = table.ask("a", now: at(0))
        _ = table.finish("a", try addresses("10.0.0.1"), now: at(0))
        let (answer, starts) = table.wait(1, ticket: 1, for: "a", mustBeNew: false, now: at(0))
        #expect(texts(answer) == ["10.0.0.1"] && !starts)
        let (none, startsNew) = table.wait(2, ticket: 2, for: "a", mustBeNew: true, now: at(0))
        #expect(none == nil && startsNew)
        #expect(table.finish("a", try addresses("10.0.0.2"), now: at(1)).waiters == [2])
    }

    @Test("An answer is used while it is fresh, and while a newer one is looked up or cannot be had")
    func lastKnownGood() throws {
        var table = NameTable<Int>(bounds)
        _ = table.ask("a", now: at(0))
        _ = table.finish("a", try addresses("10.0.0.1"), now: at(0))
        #expect(table.ask("a", now: at(9)).starts == false)
        let old = table.ask("a", now: at(10))
        #expect(old.starts && texts(old.answer) == ["10.0.0.1"])
        let meanwhile = table.ask("a", now: at(100))
        #expect(!meanwhile.starts && texts(meanwhile.answer) == ["10.0.0.1"])
        let (_, told, _) = table.finish("a", .failure(NameError("gone")), now: at(100))
        #expect(texts(told) == ["10.0.0.1"])
        #expect(table.ask("a", now: at(100)).starts == false)
        #expect(table.ask("a", now: at(101)).starts)
    }

    @Test("A failure is told at once for a moment, and then the name is asked for again")
    func negative() throws {
        var table = NameTable<Int>(bounds)
        _ = table.ask("a", now: at(0))
        _ = table.finish("a", .failure(NameError("gone")), now: at(0))
        let soon = table.ask("a", now: at(0))
        #expect(!soon.starts && failure(soon.answer) == "gone")
        let later = table.ask("a", now: at(1))
        #expect(later.starts && later.answer == nil)
        let (_, told, _) = table.finish("a", .success([]), now: at(1))
        #expect(failure(told) == "no address")
    }

    @Test("A fresh answer is asked for again where it does not serve, at most once a second and once at a time")
    func renewal() throws {
        var table = NameTable<Int>(bounds)
        var started = [table.renew("a", now: at(0))]
        _ = table.ask("a", now: at(0))
        _ = table.finish("a", try addresses("10.0.0.1"), now: at(0))
        for second in [0, 1, 3] as [Int64] { started.append(table.renew("a", now: at(second))) }
        #expect(started == [false, false, true, false])
        _ = table.finish("a", try addresses("10.0.0.2"), now: at(4))
        #expect(texts(table.ask("a", now: at(4)).answer) == ["10.0.0.2"])
    }

    @Test("The version is another one when the set of addresses is, and not when their order is")
    func version() throws {
        var table = NameTable<Int>(bounds)
        var versions: [Int] = []
        for answer in [
            try addresses("10.0.0.1", "10.0.0.2"), try addresses("10.0.0.2", "10.0.0.1", "10.0.0.2"),
            try addresses("10.0.0.2"), .failure(NameError("gone")),
        ] {
            _ = table.wait(0, ticket: 0, for: "a", mustBeNew: true, now: at(0))
            if case .addresses(_, let version) = table.finish("a", answer, now: at(0)).answer {
                versions.append(version)
            }
        }
        #expect(versions == [1, 1, 2, 2])
    }

    @Test("A name has at most so many addresses")
    func manyAddresses() throws {
        var table = NameTable<Int>(bounds)
        _ = table.ask("a", now: at(0))
        let many = try (0..<200).map { try SocketAddress(ipAddress: "10.0.0.\($0)", port: 0) }
        #expect(texts(table.finish("a", .success(many), now: at(0)).answer)?.count == bounds.addresses)
    }

    @Test("Names that were slow leave room for the others, and take their turns")
    func slowNames() throws {
        var bounds = NameResolver.Bounds()
        bounds.lookups = 4
        bounds.slowLookups = 2
        var table = NameTable<Int>(bounds)
        let slow = (0..<8).map { "slow-\($0)" }
        // Unknown names may take all there is, and the rest of them waits.
        #expect(slow.filter { table.ask($0, now: at(0)).starts } == Array(slow.prefix(4)))
        var started = Array(slow.prefix(4))
        while let name = started.first {
            started.removeFirst()
            started += table.finish(name, .failure(NameError("no answer")), now: at(5)).starts
        }
        #expect(table.entries.values.filter { $0.phase == .resting }.count == 8)
        // The four that began at once took five seconds, the four that came after them none.
        let known = Array(slow.prefix(4))
        #expect(known.filter { table.ask($0, now: at(10)).starts } == Array(known.prefix(2)))
        #expect(table.ask("healthy-1", now: at(10)).starts)
        #expect(table.ask("healthy-2", now: at(10)).starts)
        #expect(table.ask("healthy-3", now: at(10)).starts == false)
        // A free place goes to a healthy name, although slow ones wait for longer.
        #expect(table.finish("healthy-1", try addresses("10.0.0.1"), now: at(10)).starts == ["healthy-3"])
        #expect(table.finish(known[0], .failure(NameError("no answer")), now: at(15)).starts == [known[2]])
    }

    @Test("So many names are kept, and those that are in use stay")
    func manyNames() throws {
        var bounds = NameResolver.Bounds()
        bounds.names = 3
        var table = NameTable<Int>(bounds)
        for (index, name) in ["a", "b", "c"].enumerated() { _ = table.ask(name, now: at(Int64(index))) }
        #expect(failure(table.ask("d", now: at(3)).answer) != nil)
        _ = table.finish("a", try addresses("10.0.0.1"), now: at(4))
        _ = table.finish("c", try addresses("10.0.0.1"), now: at(4))
        #expect(table.ask("a", now: at(5)).answer != nil)
        #expect(table.ask("d", now: at(6)).starts)
        #expect(Set(table.entries.keys) == ["a", "b", "d"])
    }
}

@Suite("Addresses in place of names")
struct AddressLiteralTests {
    @Test(
        "An address is one without a look-up",
        arguments: [
            ("127.0.0.1", "127.0.0.1"), ("::1", "::1"), ("2001:DB8::7", "2001:db8::7"),
            ("::ffff:10.0.0.1", "::ffff:10.0.0.1"),
        ]
    )
    func literal(host: String, expected: String) throws {
        let address = try #require(SocketAddress(literal: host, port: 81))
        #expect(address.ipAddress == expected)
        #expect(address.port == 81)
    }

    @Test(
        "A zone is an interface of this machine, written as in a URL or plainly",
        arguments: ["fe80::1%lo", "fe80::1%25lo"]
    )
    func zone(host: String) throws {
        let address = try #require(SocketAddress(literal: host, port: 81))
        #expect(address.protocol == .inet6)
        #expect(SocketAddress(literal: "fe80::1%nowhere", port: 81) == nil)
        #expect(UpstreamAddress(baseURL: "http://[\(host)]:81")?.authority == "[fe80::1]:81")
    }

    @Test("A name is none", arguments: ["localhost", "example.com", "example.com.", "1.2.3.4.example", "a:b", ""])
    func name(host: String) {
        #expect(SocketAddress(literal: host, port: 81) == nil)
    }

    @Test("Addresses are tried by kind in turns, those that failed lately last")
    func turns() throws {
        let addresses = try ["::1", "::2", "::3", "10.0.0.1", "10.0.0.2"].map {
            try SocketAddress(ipAddress: $0, port: 0)
        }
        #expect(
            addresses.inTurns { _ in false }.compactMap(\.ipAddress) == ["::1", "10.0.0.1", "::2", "10.0.0.2", "::3"]
        )
        let avoiding = addresses.inTurns { $0.protocol == .inet6 }
        #expect(avoiding.compactMap(\.ipAddress) == ["10.0.0.1", "10.0.0.2", "::1", "::2", "::3"])
        #expect([SocketAddress]().inTurns { _ in false }.isEmpty)
    }
}
