# Targets are made from the folders: a new .c file needs no edit here (cmake runs again by itself).
#
# While a folder has no source yet its library is an empty INTERFACE one; while runtime/api or cli
# have none there is no libweir or no program.
set(WEIR_FOLDERS common types parser registry formats statestore engine wire runtime server)

# weir_folder(NAME [RECURSE] [IN path] LINK lib...): static library wr_NAME from NAME/*.c (and
# *.cpp), or from those in IN, a folder inside another one, which then does not take them with
# RECURSE. LINK names folders (linked as wr_<folder>) and outside libraries.
function(weir_folder name)
    cmake_parse_arguments(F "RECURSE" "IN" "LINK" ${ARGN})
    set(path ${name})
    if(F_IN)
        set(path ${F_IN})
        set_property(GLOBAL APPEND PROPERTY WEIR_INNER_FOLDERS "${PROJECT_SOURCE_DIR}/${path}/")
    endif()
    if(F_RECURSE)
        file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${path}/*.c ${path}/*.cpp)
        get_property(inner_folders GLOBAL PROPERTY WEIR_INNER_FOLDERS)
        foreach(inner IN LISTS inner_folders)
            list(FILTER sources EXCLUDE REGEX "^${inner}")
        endforeach()
    else()
        file(GLOB sources CONFIGURE_DEPENDS ${path}/*.c ${path}/*.cpp)
    endif()
    if(sources)
        add_library(wr_${name} STATIC ${sources})
        set(scope PUBLIC)
    else()
        add_library(wr_${name} INTERFACE)
        set(scope INTERFACE)
    endif()
    target_include_directories(wr_${name} ${scope}
        "${PROJECT_SOURCE_DIR}" "${PROJECT_SOURCE_DIR}/include")
    set(link "")
    foreach(lib IN LISTS F_LINK)
        if(lib IN_LIST WEIR_FOLDERS)
            list(APPEND link wr_${lib})
        else()
            list(APPEND link ${lib})
        endif()
    endforeach()
    target_link_libraries(wr_${name} ${scope} ${link} m)
endfunction()

# weir_embed(TARGET HEADER FOLDER): all files of FOLDER become arrays in TARGET, as HEADER declares.
function(weir_embed target header folder)
    file(GLOB files CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/${folder}/*")
    get_filename_component(name "${header}" NAME_WE)
    set(out "${PROJECT_BINARY_DIR}/${name}.c")
    set(script "${PROJECT_SOURCE_DIR}/cmake/EmbedFiles.cmake")
    add_custom_command(OUTPUT "${out}" DEPENDS ${files} "${script}"
        COMMAND "${CMAKE_COMMAND}" "-DOUT=${out}" "-DHEADER=${header}" "-DFILES=${files}" -P "${script}"
        COMMENT "Embedding ${folder}" VERBATIM)
    target_sources(${target} PRIVATE "${out}")
endfunction()

# libweir.so (target libweir) and libweir.a (libweir_static), each with the objects of all folders.
function(weir_library)
    file(GLOB api CONFIGURE_DEPENDS runtime/api/*.c)
    if(NOT api)
        return()
    endif()
    set(objects "")
    foreach(folder IN LISTS WEIR_FOLDERS)
        get_target_property(type wr_${folder} TYPE)
        if(type STREQUAL "STATIC_LIBRARY")
            list(APPEND objects $<TARGET_OBJECTS:wr_${folder}>)
        endif()
    endforeach()
    set(outside Threads::Threads ${WEIR_PLAIN_LIBRARIES})
    foreach(dependency IN LISTS WEIR_DEPENDENCIES)
        string(REGEX MATCH "^[^ ]+" name "${dependency}")
        list(APPEND outside PkgConfig::${name})
    endforeach()

    add_library(libweir SHARED ${objects})
    set_target_properties(libweir PROPERTIES VERSION ${PROJECT_VERSION}
        SOVERSION ${PROJECT_VERSION_MAJOR} EXPORT_NAME weir
        LINK_DEPENDS "${PROJECT_SOURCE_DIR}/cmake/libweir.map")
    # Everything is hidden but WEIR_API; the script also hides what the C++ runtime instantiates.
    target_link_options(libweir PRIVATE
        "LINKER:--version-script=${PROJECT_SOURCE_DIR}/cmake/libweir.map")
    if(NOT WEIR_SANITIZE)
        target_link_options(libweir PRIVATE LINKER:--no-undefined)
    endif()
    target_link_libraries(libweir PRIVATE ${outside} m)

    add_library(libweir_static STATIC ${objects})
    set_target_properties(libweir_static PROPERTIES EXPORT_NAME weir_static)
    target_link_libraries(libweir_static INTERFACE ${outside} stdc++ m)

    foreach(target libweir libweir_static)
        set_target_properties(${target} PROPERTIES OUTPUT_NAME weir LINKER_LANGUAGE CXX)
        target_include_directories(${target} PUBLIC
            $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include>
            $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
    endforeach()
endfunction()

# The program. It sees include/ alone, as any embedding program does, so the compiler itself keeps
# cli/ from looking deeper.
function(weir_program)
    file(GLOB sources CONFIGURE_DEPENDS cli/*.c)
    if(NOT sources OR NOT TARGET libweir_static)
        return()
    endif()
    add_executable(weir ${sources})
    weir_executable(weir)
    target_include_directories(weir PRIVATE "${PROJECT_SOURCE_DIR}/cli")
    target_compile_definitions(weir PRIVATE WEIR_VERSION="${PROJECT_VERSION}")
    if(WEIR_MIMALLOC AND CMAKE_BUILD_TYPE STREQUAL "Release")
        # First on the line: the first library that defines malloc is the one that is used. Nothing
        # refers to it before libweir.a is read, so a linker that drops the unneeded must be told.
        target_link_libraries(weir PRIVATE -Wl,--push-state,--no-as-needed "${MIMALLOC_LIBRARY}"
            -Wl,--pop-state)
    endif()
    target_link_libraries(weir PRIVATE libweir_static PkgConfig::EDIT)
endfunction()
