// A maintenance job: packs the references of repositories when that pays, while others go on writing to them, and says what it did.
//
//     swift run PackRefsJob [--force] DIRECTORY…

import StrataFiles
import StrataIO
import StrataModel
import StrataRepository
import SystemPackage

func pack(_ directory: String, force: Bool) throws {
    let repository = try Repository(at: FilePath(directory))
    var options = PackRefsOptions.all
    options.isAuto = !force
    guard let files = repository.files else {
        print("\(directory): its references are not in files")
        return
    }
    guard try files.isPackingRequired(options, objects: repository.objects) else {
        print("\(directory): nothing to do")
        return
    }
    // Writers of single references are not held up; another packer is waited for as long as a job can afford.
    let result = try files.packRefs(
        options, objects: repository.objects, deadline: .after(milliseconds: 10_000))
    print("\(directory): \(result.packed) packed, \(result.pruned) loose files removed")
    for name in result.broken { print("  left alone, its object is missing: \(name)") }
    for problem in result.problems { print("  left loose: \(problem)") }
}

var force = false
for argument in CommandLine.arguments.dropFirst() {
    if argument == "--force" {
        force = true
        continue
    }
    do {
        try pack(argument, force: force)
    } catch {
        print("\(argument): \(error)")
    }
}
