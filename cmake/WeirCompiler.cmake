# Language levels, warnings (errors, with gcc and clang alike), optimisation, sanitizers, coverage.
set(CMAKE_C_STANDARD 17)
set(CMAKE_C_STANDARD_REQUIRED ON)
set(CMAKE_C_EXTENSIONS OFF)
set(CMAKE_CXX_STANDARD 17)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
# The same objects go into libweir.a, libweir.so and the program.
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_C_VISIBILITY_PRESET hidden)
set(CMAKE_CXX_VISIBILITY_PRESET hidden)
set(CMAKE_VISIBILITY_INLINES_HIDDEN ON)
if(NOT CMAKE_BUILD_TYPE)
    set(CMAKE_BUILD_TYPE Release CACHE STRING "" FORCE)
endif()
foreach(lang C CXX)
    # -g in release too: a core dump from a user is of use. WR_ASSERT does not depend on NDEBUG.
    set(CMAKE_${lang}_FLAGS_RELEASE "-O2 -g -DNDEBUG")
    set(CMAKE_${lang}_FLAGS_DEBUG "-O0 -g")
    if(WEIR_SANITIZE OR WEIR_FUZZ)
        # Reports name lines, which -g1 is enough for: a quarter less to compile than with -g.
        set(CMAKE_${lang}_FLAGS_DEBUG "-O1 -g1")
    endif()
endforeach()

find_program(WEIR_CCACHE ccache)
if(WEIR_CCACHE)
    set(CMAKE_C_COMPILER_LAUNCHER "${WEIR_CCACHE}")
    set(CMAKE_CXX_COMPILER_LAUNCHER "${WEIR_CCACHE}")
endif()

add_compile_definitions(_GNU_SOURCE)
add_compile_options(-Wall -Wextra -Wconversion -Wshadow -Wvla -Wundef -Wpointer-arith -Werror
    $<$<COMPILE_LANGUAGE:C>:-Wstrict-prototypes> $<$<COMPILE_LANGUAGE:C>:-Wmissing-prototypes>
    -fno-omit-frame-pointer)

if(WEIR_SANITIZE)
    add_compile_options(-fsanitize=${WEIR_SANITIZE} -fno-sanitize-recover=all)
    add_link_options(-fsanitize=${WEIR_SANITIZE})
    add_compile_definitions(WR_SANITIZED)
    set(WEIR_MIMALLOC OFF) # the sanitizers bring their own allocator
    if(CMAKE_C_COMPILER_ID STREQUAL "GNU")
        # gcc's flow analysis stumbles over the instrumentation; the plain builds keep the warning.
        add_compile_options(-Wno-maybe-uninitialized)
    endif()
    if(WEIR_SANITIZE MATCHES "address")
        add_compile_definitions(WR_ARENA_DEBUG)
    endif()
endif()
if(WEIR_FUZZ)
    if(NOT CMAKE_C_COMPILER_ID MATCHES "Clang")
        message(FATAL_ERROR "WEIR_FUZZ needs clang: only it has libFuzzer")
    endif()
    add_compile_options(-fsanitize=fuzzer-no-link)
    add_compile_definitions(WR_FUZZ) # bounds that would make single inputs slow are lower
endif()
if(WEIR_COVERAGE)
    add_compile_options(--coverage)
    add_link_options(--coverage)
    set(WEIR_MIMALLOC OFF)
endif()

# What every executable of the build needs: under TSan, glibc's C11 threads told in pthread terms
# (tests/tsan/c11_threads.c says why). -rdynamic, so that librdkafka binds to these definitions.
function(weir_executable target)
    if(WEIR_SANITIZE MATCHES "thread")
        target_sources(${target} PRIVATE "${PROJECT_SOURCE_DIR}/tests/tsan/c11_threads.c")
        set_target_properties(${target} PROPERTIES ENABLE_EXPORTS ON
            CROSSCOMPILING_EMULATOR "${PROJECT_SOURCE_DIR}/tests/tsan/run")
    endif()
endfunction()
