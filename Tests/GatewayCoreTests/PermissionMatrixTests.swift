// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import Testing

/// Each privilege on each object: granted, denied and owned at each place and to each kind of principal.
@Suite("The matrix of permissions")
struct PermissionMatrixTests {
    /// Every name by which Alice can be meant, and two by which she is not.
    private static let principals = [
        AccessWorld.alice, "team", "company", "account users", "others", AccessWorld.robot,
    ]

    private static let places = AccessWorld.objects.flatMap { object in
        ([object] + object.containers).map { (object: object, place: $0) }
    }

    @Test("A grant counts where it is made and below, for whom it means", arguments: AccessModel.privileges)
    func grants(privilege: String) {
        for (object, place) in Self.places {
            for principal in Self.principals {
                var world = AccessWorld()
                world.grant(privilege, on: place, to: principal)
                #expect(world.differences(objects: [object]) == [])
                world.grantUse(above: object, to: "account users")
                #expect(world.differences(objects: [object]) == [])
            }
        }
    }

    @Test("A denial wins over a grant, wherever either is and whomever it names", arguments: AccessModel.privileges)
    func denials(privilege: String) {
        for (object, place) in Self.places {
            for principal in Self.principals {
                var world = AccessWorld()
                world.grantUse(above: object, to: "account users")
                for above in [object] + object.containers {
                    world.grant(privilege, on: above, to: AccessWorld.alice)
                    world.grant("ALL_PRIVILEGES", on: above, to: "account users")
                }
                world.deny(privilege, on: place, to: principal)
                #expect(world.differences(people: [AccessWorld.alice, AccessWorld.robot], objects: [object]) == [])
            }
        }
    }

    @Test("All privileges are all but MANAGE and READ SECRET, granted and denied", arguments: AccessModel.privileges)
    func all(privilege: String) {
        for (object, place) in Self.places {
            for principal in Self.principals {
                var world = AccessWorld()
                world.grantUse(above: object, to: "account users")
                world.grant(privilege, on: object, to: AccessWorld.alice)
                world.grant("MANAGE", on: object, to: AccessWorld.alice)
                world.deny("ALL_PRIVILEGES", on: place, to: principal)
                #expect(world.differences(people: [AccessWorld.alice], objects: [object]) == [])
            }
        }
    }

    @Test(
        "An owner, by name or by a group, has all on the object and some of what is in it, whatever is denied",
        arguments: AccessModel.privileges
    )
    func owners(privilege: String) {
        for (object, place) in Self.places where place.kind != "METASTORE" {
            for principal in Self.principals + ["admins"] {
                var world = AccessWorld()
                world.model.owners = [(place, principal)]
                #expect(world.differences(objects: [object]) == [])
                world.grantUse(above: object, to: "account users")
                world.grant(privilege, on: object, to: "others")
                world.deny(privilege, on: object, to: "account users")
                #expect(world.differences(objects: [object]) == [])
            }
        }
    }

    @Test("Random worlds, in two layers, are what the model says of them", arguments: 0..<40)
    func random(seed: Int) {
        var random = SplitMix(state: UInt64(seed))
        let names = AccessWorld.people + AccessWorld.groups + ["account users", "staff"]
        var objects = AccessWorld.objects
        for schema in ["main.x", "other.ai", "system.ai"] {
            objects.append(.init(kind: "SCHEMA", name: schema))
            objects.append(.init(kind: "MODEL_SERVICE", name: "\(schema).gpt-5.1"))
            objects += AccessModel.Object(kind: "SCHEMA", name: schema).containers.filter { !objects.contains($0) }
        }
        for _ in 0..<4 {
            var world = AccessWorld()
            if random.below(2) == 0 { world.model.memberships = [] }
            for _ in 0..<random.below(8) {
                let group = (AccessWorld.groups + ["staff"])[random.below(AccessWorld.groups.count + 1)]
                let member = names[random.below(names.count)]
                // Nothing makes everybody a member of a group.
                if member != "account users", group != "admins" || random.below(4) == 0 {
                    world.model.memberships.append((member, group))
                }
            }
            for object in objects where object.kind != "METASTORE" && random.below(3) == 0 {
                world.model.owners.append((object, names[random.below(names.count)]))
            }
            let hasDenials = random.below(3) > 0
            for _ in 0..<random.below(30) {
                let privilege = AccessModel.privileges[random.below(AccessModel.privileges.count)]
                let object = objects[random.below(objects.count)]
                let name = names[random.below(names.count)]
                if hasDenials, random.below(4) == 0 {
                    world.deny(privilege, on: object, to: name)
                } else {
                    world.grant(privilege, on: object, to: name)
                }
            }
            if random.below(4) == 0 { world.model.administrators = [AccessWorld.people[random.below(4)]] }
            let differences = world.differences(objects: objects, isInFile: { random.below(2) == 0 })
            #expect(differences == [])
        }
    }
}

/// Random numbers that are the same in every run.
struct SplitMix {
    var state: UInt64

    mutating func below(_ bound: Int) -> Int {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return Int((value ^ (value >> 31)) % UInt64(bound))
    }
}
