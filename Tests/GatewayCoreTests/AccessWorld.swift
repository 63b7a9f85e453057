// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore

/// People, groups, objects and what is granted: told to the model and to a metastore alike.
struct AccessWorld {
    static let alice = "alice@example.com"
    static let robot = "3f2a0c1e-0000-4000-8000-000000000000"
    static let stranger = "mallory@example.com"
    /// Who asks.
    ///
    /// Alice and the robot are in `team`, which is in `department`, which is in `company`.
    static let people = [alice, robot, stranger, "root@example.com"]
    static let groups = ["team", "department", "company", "others", "admins"]

    static let objects = [
        AccessModel.Object(kind: "METASTORE", name: "metastore"), .init(kind: "CATALOG", name: "main"),
        .init(kind: "SCHEMA", name: "main.ai"), .init(kind: "MODEL_SERVICE", name: "main.ai.helper"),
        .init(kind: "MODEL_PROVIDER_SERVICE", name: "main.ai.openai"), .init(kind: "TABLE", name: "main.ai.log"),
        .init(kind: "SECRET", name: "main.ai.key"),
    ]

    var model = AccessModel()

    init() {
        model.memberships = [
            (Self.alice, "team"), (Self.robot, "team"), ("team", "department"), ("department", "company"),
            (Self.stranger, "others"), ("root@example.com", "staff"), ("staff", "admins"),
        ]
    }

    mutating func grant(_ what: String, on object: AccessModel.Object, to who: String) {
        model.facts.append(.init(who: who, what: what, on: object))
    }

    mutating func deny(_ what: String, on object: AccessModel.Object, to who: String) {
        model.facts.append(.init(isDenial: true, who: who, what: what, on: object))
    }

    mutating func grantUse(above object: AccessModel.Object, to who: String) {
        for (container, use) in zip(object.containers, ["USE_CATALOG", "USE_SCHEMA"]) {
            grant(use, on: container, to: who)
        }
    }

    // MARK: The metastore

    static func securable(_ object: AccessModel.Object) -> Securable {
        Securable.Kind(rawValue: object.kind).flatMap { Securable($0, named: object.name) } ?? .metastore
    }

    static func privilege(_ name: String) -> Privilege { Privilege(rawValue: name) ?? .allPrivileges }

    /// The same world as a metastore, with each thing in a layer that `isInFile` chooses.
    func metastore(isInFile: () -> Bool = { false }) -> Metastore {
        var file: [CatalogChange] = []
        var stored: [CatalogChange] = []
        func add(_ change: CatalogChange) { if isInFile() { file.append(change) } else { stored.append(change) } }
        var ids: [String: Int64] = [:]
        let everybody = ["account users"]
        let members = model.memberships.flatMap { [$0.member, $0.group] }
        let names = Self.people + Self.groups + ["staff"] + everybody + members
        for name in names where ids[name] == nil {
            let id = Int64(ids.count + 1)
            ids[name] = id
            let kind: Principal.Kind = name.contains("@") ? .user : name == Self.robot ? .servicePrincipal : .group
            let isAdministrator = model.administrators.contains(name)
            add(
                .putPrincipal(
                    Principal(id: id, kind: kind, name: name, isAdministrator: isAdministrator, source: .stored)
                )
            )
        }
        for membership in model.memberships {
            guard let member = ids[membership.member], let group = ids[membership.group] else { continue }
            add(.addMember(member, group: group))
        }
        for (object, owner) in model.owners {
            let securable = Self.securable(object)
            add(
                .putEntry(
                    CatalogEntry(securable: securable, id: "\(object)", owner: owner, createdBy: owner, source: .stored)
                )
            )
        }
        var layers = (file: CatalogLayer(file), stored: CatalogLayer(stored))
        for fact in model.facts {
            var grant = Grant(principal: fact.who, securable: Self.securable(fact.on))
            let privileges: PrivilegeSet = [Self.privilege(fact.what)]
            if fact.isDenial { grant.denied = privileges } else { grant.privileges = privileges }
            if isInFile() { layers.file.addGrant(grant) } else { layers.stored.addGrant(grant) }
        }
        return Metastore(file: layers.file, stored: layers.stored)
    }

    /// Somebody as a request of theirs brings them.
    static func caller(_ name: String, in metastore: Metastore) -> Caller {
        guard let principal = metastore.principal(named: name), let kind = principal.callerKind else {
            return Caller(name: name, kind: .user)
        }
        return Caller(
            name: name,
            kind: kind,
            groups: metastore.groupNames(of: principal.id),
            isAdministrator: metastore.isAdministrator(principal)
        )
    }

    // MARK: The comparison

    /// Where the two do not agree, in words.
    func differences(
        people: [String] = people,
        objects: [AccessModel.Object] = objects,
        isInFile: () -> Bool = { false }
    ) -> [String] {
        let metastore = metastore(isInFile: isInFile)
        let model = model.knowing(people)
        var differences: [String] = []
        func compare<Value: Equatable>(_ what: @autoclosure () -> String, _ expected: Value, _ actual: Value) {
            if expected != actual { differences.append("\(what()): expected \(expected), got \(actual)") }
        }
        for person in people {
            let caller = Self.caller(person, in: metastore)
            for object in objects {
                let securable = Self.securable(object)
                let held = Set(metastore.privileges(of: caller, on: securable).privileges.map(\.rawValue))
                compare("\(person) has on \(object)", model.privileges(person, on: object).sorted(), held.sorted())
                for name in AccessModel.privileges {
                    let lack = metastore.missing(Self.privilege(name), caller, on: securable)
                    let expected = model.lack(person, name, on: object)
                    let actual = lack.map {
                        "\($0.privilege.rawValue) on \($0.securable.kind.rawValue) \($0.securable.name)"
                    }
                    compare("what \(person) lacks for \(name) on \(object)", expected, actual)
                    let isAllowed = metastore.holds(Self.privilege(name), caller, on: securable)
                    compare("\(person) may \(name) on \(object)", expected == nil, isAllowed)
                }
                compare(
                    "\(person) sees \(object)",
                    model.sees(person, object),
                    metastore.isVisible(securable, to: caller)
                )
                compare(
                    "\(person) owns \(object)",
                    model.owns(person, object),
                    metastore.isOwner(caller, of: securable)
                )
            }
        }
        var rights = DefinersRights(metastore)
        for (object, owner) in model.owners where object.kind.hasSuffix("SERVICE") {
            for (kind, privilege) in [("SERVICE", "EXECUTE"), ("SECRET", "READ_SECRET")] {
                let references = Self.objects.filter { $0.kind.hasSuffix(kind) }
                let refused = rights.refused(
                    Self.privilege(privilege),
                    on: Set(references.map(Self.securable)),
                    by: Self.securable(object)
                )
                let expected = references.filter { model.lack(owner, privilege, on: $0) != nil }.map(\.description)
                let actual = refused.keys.map { "\($0.kind.rawValue) \($0.name)" }
                compare("what \(owner), who owns \(object), may not \(privilege)", expected.sorted(), actual.sorted())
            }
        }
        for object in objects where object.kind.hasSuffix("SERVICE") {
            compare(
                "everybody may execute \(object)",
                model.isExecutableByAll(object),
                metastore.isExecutableByAll(along: Self.securable(object).path)
            )
        }
        return differences
    }
}
